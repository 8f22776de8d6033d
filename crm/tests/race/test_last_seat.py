"""Many people, few seats, real connections: exactly as many are accepted as there are seats."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F

from accounts.access import Role
from accounts.factories import UserFactory, member
from accounts.models import User
from courses import seats
from courses.factories import CourseFactory
from courses.models import Course
from crm.tests.race.conftest import Answer, at_once, session_of
from enrolments import services
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from events.transactions import in_transaction

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

Post = Callable[..., Answer]
S = Enrolment.Status
STUDENTS, SEATS = 50, 5


def statuses(course: Course) -> Counter[str]:
    return Counter(course.enrolments.values_list("status", flat=True))


def assert_seats_add_up(course: Course) -> None:
    course.refresh_from_db()
    assert course.seats_taken == SEATS == course.enrolments.holding_seats().count()
    call_command("check_seats")


def test_fifty_apply_for_five_seats(post: Post) -> None:
    course = CourseFactory(capacity=SEATS)
    cookies = [session_of(user) for user in UserFactory.create_batch(STUDENTS)]
    answers = at_once(*(partial(post, cookie, "/enrolments", {"course_id": course.pk}) for cookie in cookies))
    assert Counter(answer.status for answer in answers) == {201: STUDENTS}
    assert statuses(course) == {S.ACCEPTED: SEATS, S.WAITLISTED: STUDENTS - SEATS}
    assert_seats_add_up(course)


def test_one_student_applies_many_times_at_once(post: Post, student: User) -> None:
    course, cookie = CourseFactory(capacity=SEATS), session_of(student)
    answers = at_once(*[partial(post, cookie, "/enrolments", {"course_id": course.pk})] * 10)
    assert Counter(answer.status for answer in answers) == {201: 1, 400: 9}
    assert statuses(course) == {S.ACCEPTED: 1}


def test_two_managers_accept_everybody(post: Post) -> None:
    course = CourseFactory(capacity=SEATS, requires_approval=True)
    applied = [EnrolmentFactory(course=course).pk for _ in range(STUDENTS)]
    cookies = [session_of(member(Role.MANAGER, course.organization)) for _ in range(2)]

    def accept_all(cookie: str, order: list[int]) -> list[int]:
        return [post(cookie, f"/enrolments/{pk}/accept").status for pk in order]

    halves = [(cookies[n % 2], applied[n::4] if n < 2 else applied[n::4][::-1]) for n in range(4)]
    both = [partial(accept_all, cookie, order) for cookie, order in (*halves, *((cookies[0], o) for _, o in halves))]
    answers = Counter(chain.from_iterable(at_once(*both)))
    assert answers[200] == SEATS
    assert set(answers) == {200, 409}
    assert statuses(course) == {S.ACCEPTED: SEATS, S.APPLIED: STUDENTS - SEATS}
    assert_seats_add_up(course)


def test_cancels_and_applications_at_once_lose_no_seat_and_no_place_in_the_queue(post: Post) -> None:
    course = CourseFactory(capacity=SEATS)
    holders = [services.apply(course=course, by=user) for user in UserFactory.create_batch(SEATS)]
    queue = [services.apply(course=course, by=user) for user in UserFactory.create_batch(20)]
    newcomers = [session_of(user) for user in UserFactory.create_batch(20)]
    leave = [partial(post, session_of(row.student), f"/enrolments/{row.pk}/cancel") for row in holders]
    come = [partial(post, cookie, "/enrolments", {"course_id": course.pk}) for cookie in newcomers]
    answers = at_once(*leave, *come)
    assert Counter(answer.status for answer in answers) == {200: SEATS, 201: len(newcomers)}
    assert statuses(course) == {S.CANCELLED: SEATS, S.ACCEPTED: SEATS, S.WAITLISTED: 35}
    seated = set(course.enrolments.filter(status=S.ACCEPTED).values_list("pk", flat=True))
    assert seated == {row.pk for row in queue[:SEATS]}
    assert_seats_add_up(course)


def take_without_guard(course: Course) -> bool:
    """Check, then act: what the conditional statement replaces."""
    free = Course.objects.get(pk=course.pk).seats_left
    time.sleep(0.2)
    if not free:
        return False
    return bool(Course.objects.filter(pk=course.pk).update(seats_taken=F("seats_taken") + 1))


def taken_by_twenty(take: Callable[[Course], bool], course: Course) -> list[Any]:
    def attempt() -> bool | str:
        try:
            return take(course)
        except DatabaseError as error:
            return type(error).__name__

    return at_once(*[attempt] * 20)


def test_twenty_connections_take_five_seats() -> None:
    course = CourseFactory(capacity=SEATS)
    assert Counter(taken_by_twenty(seats.take, course)) == {True: SEATS, False: 15}


def test_control_without_the_conditional_statement_the_constraint_still_holds() -> None:
    course = CourseFactory(capacity=SEATS)
    results = Counter(taken_by_twenty(take_without_guard, course))
    assert results[True] == SEATS
    assert sum(results.values()) - results[True] - results[False] > 0, "the database refused nobody"


def test_control_without_either_guard_the_course_is_oversold(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, the tests above prove nothing: their clients never really competed."""
    course, guards = CourseFactory(capacity=SEATS), list(Course._meta.constraints)
    guard = next(constraint for constraint in guards if constraint.name == "course_seats_within_capacity")
    # SQLite makes the table anew from the model, so the model must not name the constraint either.
    monkeypatch.setattr(Course._meta, "constraints", [other for other in guards if other is not guard])
    with connection.schema_editor() as schema:
        schema.remove_constraint(Course, guard)
    try:
        results = Counter(taken_by_twenty(take_without_guard, course))
        course.refresh_from_db()
        assert results[True] == course.seats_taken > SEATS
    finally:
        Course.objects.update(seats_taken=0)
        monkeypatch.undo()
        with connection.schema_editor() as schema:
            schema.add_constraint(Course, guard)


def test_a_verb_waits_for_the_lock_of_its_course() -> None:
    enrolment = EnrolmentFactory(course=CourseFactory(requires_approval=True))
    reject = Thread(target=at_once, args=[partial(services.reject, enrolment=enrolment, by=UserFactory())])
    with transaction.atomic():
        seats.lock(enrolment.course_id)
        reject.start()
        reject.join(timeout=0.5)
        assert reject.is_alive(), "a decision was made while the course was locked"
    reject.join(timeout=10)
    assert Enrolment.objects.get().status == S.REJECTED


def test_a_transaction_that_lost_a_deadlock_runs_again() -> None:
    first, second = CourseFactory(), CourseFactory()
    both_hold_one, attempts = Barrier(2), []

    @in_transaction
    def lock_both(one: Course, other: Course) -> str:
        attempts.append(one.pk)
        seats.lock(one.pk)
        with suppress(BrokenBarrierError):  # only the first attempts meet; SQLite lets one in at a time
            both_hold_one.wait(timeout=1)
        seats.lock(other.pk)
        return "done"

    assert at_once(partial(lock_both, first, second), partial(lock_both, second, first)) == ["done", "done"]
    if connection.vendor != "sqlite":
        assert len(attempts) > 2, "the two never met"
    connections.close_all()
