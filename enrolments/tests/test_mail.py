"""Who is written to about an enrolment, in which language, and how often."""

from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments import services
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from events.consumers import deliver
from events.models import Event, Letter, UnhandledEvent

pytestmark = pytest.mark.django_db

S = Enrolment.Status
Written = list[tuple[str, str]]


@pytest.fixture
def reader() -> User:
    return UserFactory(email="reader@school.example", language="en", name="Ann")


def subjects(to: User) -> list[str]:
    """What was written to a person, once what has happened has been delivered, twice as it may be."""
    for _ in range(2):
        deliver(list(Event.objects.order_by("id")))
    assert not UnhandledEvent.objects.exists()
    return list(Letter.objects.filter(to=to.email).order_by("id").values_list("subject", flat=True))


def by_approval(**fields: Any) -> Course:
    return CourseFactory(title="Knots", requires_approval=True, **fields)


def test_an_application_to_be_decided_and_its_acceptance(reader: User, manager: User) -> None:
    enrolment = services.apply(course=by_approval(), by=reader)
    services.accept(enrolment=enrolment, by=manager)
    assert subjects(reader) == ["Your application for “Knots”", "You are enrolled on “Knots”"]


def test_a_rejection(reader: User, manager: User) -> None:
    enrolment = services.apply(course=by_approval(), by=reader)
    services.reject(enrolment=enrolment, by=manager)
    assert subjects(reader) == ["Your application for “Knots”"] * 2
    assert "we are sorry" in Letter.objects.get(key__contains=":rejected:").text


def test_a_withdrawal_by_the_school_but_not_by_oneself(reader: User, manager: User) -> None:
    for by, told in ((reader, 1), (manager, 2)):
        enrolment = services.apply(course=by_approval(), by=reader)
        services.cancel(enrolment=enrolment, by=by)
        assert subjects(reader).count("You are no longer enrolled on “Knots”") == told - 1
    assert "has withdrawn your application" in Letter.objects.get(key__contains=":withdrawn:").text


@pytest.mark.parametrize(
    ("approval", "then"), [(True, "A seat on “Knots” has come free"), (False, "A seat on “Knots” has come free")]
)
def test_a_place_in_the_queue_and_then_a_seat(reader: User, approval: bool, then: str) -> None:
    course = CourseFactory(title="Knots", capacity=1, requires_approval=approval)
    holder = EnrolmentFactory(course=course, status=S.ACCEPTED)
    services.apply(course=course, by=reader)
    assert subjects(reader) == ["You are on the waiting list for “Knots”"]
    services.cancel(enrolment=holder, by=holder.student)
    assert subjects(reader) == ["You are on the waiting list for “Knots”", then]
    last = Letter.objects.filter(to=reader.email).latest("id")
    assert ("A manager will look" in last.text, "The seat is yours." in last.text) == (approval, not approval)


def test_a_seat_at_once_is_one_letter(reader: User) -> None:
    services.apply(course=CourseFactory(title="Knots"), by=reader)
    assert subjects(reader) == ["You are enrolled on “Knots”"]


def test_those_who_decide_hear_of_an_application_and_nobody_else(school: Organization, student: User) -> None:
    staff = {role: member(role, school, user__language="en") for role in Role}
    elsewhere = member(Role.OWNER, OrganizationFactory())
    gone = member(Role.OWNER, school, user__is_active=False)
    services.apply(course=by_approval(organization=school), by=student)
    told = {role for role, person in staff.items() if subjects(person) == ["New application for “Knots”"]}
    assert told == {Role.OWNER, Role.ADMIN, Role.MANAGER}
    assert subjects(elsewhere) == subjects(gone) == []


def test_each_letter_is_in_the_language_of_its_reader(school: Organization) -> None:
    writers = [UserFactory(language=language) for language in ("ru", "en")]
    for person in writers:
        services.apply(course=CourseFactory(title="Knots"), by=person)
    assert subjects(writers[1]) == ["You are enrolled on “Knots”"]
    assert 'lang="ru"' in Letter.objects.get(to=writers[0].email).html


@pytest.mark.sweep
def test_the_day_before_the_first_day_each_student_is_reminded_once(
    reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = {"starts_on": date(2030, 5, 10), "title": "Knots"}
    moscow, far = OrganizationFactory(), OrganizationFactory(time_zone="Asia/Vladivostok")
    for course in (CourseFactory(organization=moscow, **starts), CourseFactory(organization=far, **starts)):
        EnrolmentFactory(course=course, student=reader, status=S.ACCEPTED)
        EnrolmentFactory(course=course, status=S.WAITLISTED)
    EnrolmentFactory(course=CourseFactory(status="archived", **starts), student=reader, status=S.ACCEPTED)
    written = []
    for moment in (
        "2030-05-08T22:30Z",
        "2030-05-09T00:30Z",
        "2030-05-09T05:00Z",
        "2030-05-09T07:00Z",
        "2030-05-10T07:00Z",
    ):
        monkeypatch.setattr(timezone, "now", partial(datetime.fromisoformat, moment))
        call_command("relay_events", once=True)
        written.append(Letter.objects.count())
    assert written == [0, 1, 1, 2, 2], "at nine in the morning in Vladivostok, then in Moscow"
    assert {letter.to for letter in Letter.objects.all()} == {reader.email}
    assert {letter.subject for letter in Letter.objects.all()} == {"“Knots” starts tomorrow"}
