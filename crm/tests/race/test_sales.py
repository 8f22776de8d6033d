"""Two people at one deal, forty applications of one newcomer, and processes that die half-way."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Thread

import pytest
from django.conf import settings
from django.db import transaction

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import User
from courses.factories import CourseFactory
from crm.errors import RuleBroken
from crm.tests.race.conftest import Answer, at_once, session_of, url_of_test_database
from enrolments import services as enrolments
from enrolments.models import Enrolment
from events.models import Event
from sales import pipeline
from sales.factories import ContactFactory, DealFactory
from sales.models import Activity, Contact, Deal, Stage
from sales.services import contacts, deals

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

Post = Callable[..., Answer]
S = Deal.Status


def outcome(verb: Callable[..., object], **given: object) -> str:
    try:
        verb(**given)
    except RuleBroken as refusal:
        return refusal.code
    return "done"


def test_one_wins_and_one_loses_the_same_deal_at_once(post: Post) -> None:
    school = OrganizationFactory()
    first, second = (session_of(member(Role.MANAGER, school)) for _ in range(2))
    for deal in DealFactory.create_batch(10, organization=school):
        answers = at_once(
            partial(post, first, f"/deals/{deal.pk}/win"),
            partial(post, second, f"/deals/{deal.pk}/lose", {"reason": "дорого"}),
        )
        assert sorted(answer.status for answer in answers) == [200, 409]
        assert next(answer.body["code"] for answer in answers if answer.status == 409) == "invalid_transition"
        deal.refresh_from_db()
        assert deal.status == (S.WON if answers[0].status == 200 else S.LOST)
        assert Activity.objects.filter(deal=deal, kind="status_changed").count() == 1
    assert Event.objects.filter(type__in=["deal.won", "deal.lost"]).count() == 10


def test_of_two_moves_from_the_same_version_one_is_stale() -> None:
    school = OrganizationFactory()
    managers = [member(Role.MANAGER, school) for _ in range(2)]
    proposal, negotiation = Stage.objects.of(school.pk)[1:3]
    for deal in DealFactory.create_batch(10, organization=school):
        move = partial(outcome, pipeline.move, deal=deal, version=1)
        results = at_once(
            partial(move, stage=proposal, by=managers[0]), partial(move, stage=negotiation, by=managers[1])
        )
        assert sorted(results) == ["done", "stale_version"]
        deal.refresh_from_db()
        assert (deal.version, deal.stage) == (2, proposal if results[0] == "done" else negotiation)


def test_a_verb_waits_for_whoever_is_at_the_deal() -> None:
    deal = DealFactory()
    by, results = member(Role.MANAGER, deal.organization), list[str]()
    win = Thread(target=lambda: results.extend(at_once(partial(outcome, pipeline.win, deal=deal, by=by))))
    with transaction.atomic():
        pipeline.lose(deal=deal, by=by, reason="дорого")
        win.start()
        win.join(timeout=0.5)
        assert win.is_alive(), "a deal was won while somebody else was losing it"
    win.join(timeout=20)
    assert results == ["invalid_transition"]
    assert Deal.objects.get().status == S.LOST


def test_forty_applications_of_one_newcomer_make_one_contact(post: Post, student: User) -> None:
    school = OrganizationFactory()
    courses = CourseFactory.create_batch(40, organization=school, requires_approval=True)
    cookie = session_of(student)
    answers = at_once(*(partial(post, cookie, "/enrolments", {"course_id": course.pk}) for course in courses))
    assert Counter(answer.status for answer in answers) == {201: 40}
    contact = Contact.objects.get()
    assert (contact.email, contact.user) == (student.email, student)
    assert Deal.objects.filter(contact=contact).count() == Enrolment.objects.count() == 40
    assert Event.objects.filter(type="contact.created").count() == 1


def test_a_merge_while_deals_are_added_orphans_none() -> None:
    school = OrganizationFactory()
    by = member(Role.MANAGER, school)
    for _ in range(8):
        kept, gone = ContactFactory.create_batch(2, organization=school)
        add = [
            partial(outcome, deals.create, deal=Deal(organization=school, contact=gone, title=f"{n}"), by=by)
            for n in range(4)
        ]
        results = at_once(partial(outcome, contacts.merge, contact=kept, other=gone, by=by), *add)
        added = Counter(results[1:])
        assert results[0] == "done"
        assert set(added) <= {"done", "not_found"}
        assert kept.deals.count() == added["done"]
        assert not Contact.objects.filter(pk=gone.pk).exists()
        assert Activity.objects.filter(contact=kept, kind="deal_created").count() == added["done"]


def test_two_merges_of_the_same_pair_both_ways_leave_one_contact() -> None:
    school = OrganizationFactory()
    by = member(Role.MANAGER, school)
    one, other = ContactFactory.create_batch(2, organization=school)
    DealFactory(organization=school, contact=one)
    results = at_once(
        partial(outcome, contacts.merge, contact=one, other=other, by=by),
        partial(outcome, contacts.merge, contact=other, other=one, by=by),
    )
    assert sorted(results) == ["done", "not_found"]
    assert Contact.objects.get().deals.count() == 1


def test_ten_deals_are_won_for_three_seats() -> None:
    course = CourseFactory(capacity=3, requires_approval=True)
    by = member(Role.MANAGER, course.organization)
    for student in UserFactory.create_batch(3):
        enrolments.apply(course=course, by=student)
    course.capacity = 10
    course.save()
    for student in UserFactory.create_batch(7):
        enrolments.apply(course=course, by=student)
    course.capacity = 3
    course.save()
    results = at_once(*(partial(outcome, pipeline.win, deal=deal, by=by) for deal in Deal.objects.all()))
    assert Counter(results) == {"done": 3, "course_full": 7}
    won = set(Deal.objects.filter(status=S.WON).values_list("enrolment", flat=True))
    assert won == set(Enrolment.objects.filter(status="accepted").values_list("pk", flat=True))
    course.refresh_from_db()
    assert course.seats_taken == 3


def test_one_enrolment_never_has_two_open_deals() -> None:
    enrolment = enrolments.apply(course=CourseFactory(requires_approval=True), by=UserFactory())
    by = member(Role.OWNER, enrolment.organization)
    lost = [pipeline.lose(deal=enrolment.deals.get(), by=by, reason="ошибка")]
    pipeline.reopen(deal=lost[0], by=by)
    enrolments.reject(enrolment=enrolment, by=by)
    enrolments.apply(course=enrolment.course, by=enrolment.student)
    old = enrolment.deals.order_by("pk")[0]
    results = at_once(*[partial(outcome, pipeline.reopen, deal=old, by=by)] * 4)
    assert results == ["invalid_transition"] * 4
    assert enrolment.deals.filter(is_open=True).count() == 1


DYING = """
import os, signal, sys
import django
django.setup()
from accounts.models import User
from courses.models import Course
from enrolments import services
from events.outbox import on
from sales import pipeline
from sales.models import Deal

verb, moment, user, key = sys.argv[1:]
on(moment)(lambda event: os.kill(os.getpid(), signal.SIGKILL))
by = User.objects.get(pk=user)
if verb == "apply":
    services.apply(course=Course.objects.get(pk=key), by=by)
else:
    pipeline.win(deal=Deal.objects.get(pk=key), by=by)
"""


def die(verb: str, moment: str, user: User, key: int) -> None:
    """Do the verb in a process that is killed in its transaction, when an event has been written."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "crm.test_settings", "DATABASE_URL": url_of_test_database()}
    command = [sys.executable, "-c", DYING, verb, moment, str(user.pk), str(key)]
    assert subprocess.run(command, env=env, cwd=settings.BASE_DIR, check=False).returncode == -signal.SIGKILL


def rows() -> list[int]:
    return [model._default_manager.count() for model in (Enrolment, Contact, Deal, Activity, Event)]


def test_a_process_killed_while_applying_leaves_nothing(student: User) -> None:
    course = CourseFactory()
    before = rows()
    for moment in ("enrolment.applied", "contact.created", "deal.created", "enrolment.accepted", "deal.won"):
        die("apply", moment, student, course.pk)
        course.refresh_from_db()
        assert (rows(), course.seats_taken) == (before, 0), moment
    enrolments.apply(course=course, by=student)
    assert Deal.objects.get().status == S.WON


def test_a_process_killed_while_winning_leaves_the_application_as_it_was() -> None:
    enrolment = enrolments.apply(course=CourseFactory(requires_approval=True), by=UserFactory())
    by, deal, before = member(Role.MANAGER, enrolment.organization), Deal.objects.get(), rows()
    for moment in ("enrolment.accepted", "deal.stage_changed", "deal.won"):
        die("win", moment, by, deal.pk)
        with transaction.atomic():
            deal.refresh_from_db()
            enrolment.refresh_from_db()
        assert (deal.status, enrolment.status, rows()) == (S.NEW, "applied", before), moment
