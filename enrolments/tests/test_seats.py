"""Seats: who gets one, who waits, and what a freed seat does."""

from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction

from accounts.factories import UserFactory
from accounts.models import Organization, User
from courses import seats
from courses.factories import CourseFactory
from courses.models import Course
from courses.services import update
from enrolments import services
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment

S = Enrolment.Status


def apply(course: Course, student: User | None = None) -> Enrolment:
    return services.apply(course=course, by=student or UserFactory())


def taken(course: Course) -> int:
    return Course.objects.get(pk=course.pk).seats_taken


def status(enrolment: Enrolment) -> str:
    return Enrolment.objects.get(pk=enrolment.pk).status


def test_an_open_course_accepts_at_once(student: User) -> None:
    course = CourseFactory(capacity=1)
    assert apply(course, student).status == S.ACCEPTED
    assert taken(course) == 1


def test_a_course_by_approval_leaves_the_decision_to_a_manager(student: User, manager: User) -> None:
    course = CourseFactory(capacity=1, requires_approval=True)
    enrolment = apply(course, student)
    assert (enrolment.status, taken(course)) == (S.APPLIED, 0)
    accepted = services.accept(enrolment=enrolment, by=manager)
    assert (accepted.status, accepted.decided_by, taken(course)) == (S.ACCEPTED, manager, 1)


@pytest.mark.parametrize("by_approval", [True, False])
def test_a_full_course_waitlists(student: User, by_approval: bool) -> None:
    course = CourseFactory(capacity=1, requires_approval=by_approval)
    EnrolmentFactory(course=course, status=S.ACCEPTED)
    assert apply(course, student).status == S.WAITLISTED
    assert taken(course) == 1


def test_a_freed_seat_goes_to_the_longest_waiting_who_gets_a_letter(
    student: User, django_capture_on_commit_callbacks: Any
) -> None:
    course = CourseFactory(capacity=1, title="Вязание")
    holder = apply(course)
    first, second = apply(course, student), apply(course)
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel(enrolment=holder, by=holder.student)
    assert (status(first), status(second), taken(course)) == (S.ACCEPTED, S.WAITLISTED, 1)
    (letter,) = [letter for letter in mail.outbox if letter.to == [student.email]]
    assert "Вязание" in letter.subject
    assert "«Вязание»" in letter.body or "“Вязание”" in letter.body


def test_a_freed_seat_of_a_course_by_approval_is_offered(student: User, manager: User) -> None:
    course = CourseFactory(capacity=1, requires_approval=True)
    holder = EnrolmentFactory(course=course, status=S.ACCEPTED)
    first, second = apply(course, student), apply(course)
    services.cancel(enrolment=holder, by=manager)
    assert (status(first), status(second), taken(course)) == (S.APPLIED, S.WAITLISTED, 0)
    services.reject(enrolment=first, by=manager)
    assert status(second) == S.APPLIED


def test_nobody_overtakes_the_queue(student: User, manager: User) -> None:
    course = CourseFactory(capacity=1, requires_approval=True)
    holder = EnrolmentFactory(course=course, status=S.ACCEPTED)
    apply(course), apply(course)
    services.cancel(enrolment=holder, by=manager)
    assert apply(course, student).status == S.WAITLISTED


def test_more_seats_move_the_queue_up(manager: User) -> None:
    course = CourseFactory(capacity=1)
    apply(course)
    waiting = [apply(course) for _ in range(3)]
    update(course=course, by=manager, capacity=3)
    assert [status(row) for row in waiting] == [S.ACCEPTED, S.ACCEPTED, S.WAITLISTED]
    update(course=course, by=manager, capacity=None)
    assert status(waiting[2]) == S.ACCEPTED


def test_accepting_into_a_full_course_is_refused_and_changes_nothing(manager: User) -> None:
    course = CourseFactory(capacity=1, requires_approval=True)
    first, second = apply(course), apply(course)
    services.accept(enrolment=first, by=manager)
    with pytest.raises(services.CourseFull):
        services.accept(enrolment=second, by=manager)
    assert (status(second), taken(course)) == (S.APPLIED, 1)


def test_applying_again_returns_the_same_row_at_the_end_of_the_queue(student: User) -> None:
    course = CourseFactory(capacity=1)
    apply(course)
    mine, other = apply(course, student), apply(course)
    services.cancel(enrolment=mine, by=student)
    again = apply(course, student)
    assert (again.pk, again.status) == (mine.pk, S.WAITLISTED)
    assert list(course.enrolments.waiting()) == [other, again]


@pytest.mark.parametrize("current", [S.APPLIED, S.WAITLISTED, S.ACCEPTED, S.COMPLETED])
def test_a_second_application_is_refused(student: User, current: str) -> None:
    course = CourseFactory()
    EnrolmentFactory(course=course, student=student, status=current)
    with pytest.raises(services.AlreadyEnrolled):
        apply(course, student)
    assert Enrolment.objects.count() == 1


@pytest.mark.parametrize("current", [Course.Status.DRAFT, Course.Status.ARCHIVED])
def test_only_a_published_course_takes_applications(student: User, current: str) -> None:
    with pytest.raises(services.CourseNotOpen):
        apply(CourseFactory(status=current), student)


ALLOWED = {
    (S.APPLIED, "accept"), (S.APPLIED, "reject"), (S.APPLIED, "cancel"),
    (S.WAITLISTED, "accept"), (S.WAITLISTED, "reject"), (S.WAITLISTED, "cancel"),
    (S.ACCEPTED, "complete"), (S.ACCEPTED, "cancel"),
}  # fmt: skip
RESULT = {"accept": S.ACCEPTED, "reject": S.REJECTED, "cancel": S.CANCELLED, "complete": S.COMPLETED}


@pytest.mark.sweep
@pytest.mark.parametrize("verb", RESULT)
@pytest.mark.parametrize("current", S)
def test_every_status_allows_only_its_own_next_ones(manager: User, current: S, verb: str) -> None:
    enrolment = EnrolmentFactory(status=current)
    act = getattr(services, verb)
    if (current, verb) in ALLOWED:
        act(enrolment=enrolment, by=manager)
        assert status(enrolment) == RESULT[verb]
    else:
        with pytest.raises(services.InvalidTransition):
            act(enrolment=enrolment, by=manager)
        assert status(enrolment) == current


def test_a_completed_course_keeps_its_seat(manager: User) -> None:
    course = CourseFactory(capacity=1)
    services.complete(enrolment=apply(course), by=manager)
    assert taken(course) == 1


def test_the_database_itself_refuses_to_oversell(school: Organization) -> None:
    course = CourseFactory(capacity=2, seats_taken=2)
    with pytest.raises(DatabaseError), transaction.atomic():
        Course.objects.filter(pk=course.pk).update(seats_taken=3)


def test_the_conditional_statement_refuses_the_seat_too_many(school: Organization) -> None:
    course = CourseFactory(capacity=1)
    assert [seats.take(course), seats.take(course)] == [True, False]
    assert taken(course) == 1


def test_the_end_of_approval_seats_who_applied_first(manager: User) -> None:
    course = CourseFactory(capacity=2, requires_approval=True)
    holder = EnrolmentFactory(course=course, status=S.ACCEPTED)
    applied = [apply(course) for _ in range(3)]
    update(course=course, by=manager, requires_approval=False)
    assert [status(row) for row in applied] == [S.ACCEPTED, S.WAITLISTED, S.WAITLISTED]
    services.cancel(enrolment=holder, by=manager)
    assert status(applied[1]) == S.ACCEPTED
    assert taken(course) == 2


def test_whoever_is_accepted_at_once_is_decided_at_once(student: User) -> None:
    enrolment = apply(CourseFactory(), student)
    assert enrolment.decided_at is not None
    assert enrolment.decided_by is None
