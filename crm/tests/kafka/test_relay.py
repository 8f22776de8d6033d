"""The relay over a real broker: what is committed arrives, in order, whoever dies on the way."""

import random
import time
from functools import partial

import pytest
from django.db import transaction

from courses.factories import CourseFactory
from courses.models import Course
from crm.tests.kafka.conftest import Start, arrivals, emitted_by_key, fill_outbox, first_by_key, until
from crm.tests.race.conftest import at_once
from events.models import Event, Lease
from events.outbox import emit
from events.transactions import in_transaction

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]

BATCH = 10_000
WRITERS, WRITES = 8, 100


def published() -> int:
    return Event.objects.filter(topic="course-events").exclude(published_at=None).count()


def pid_of_relay() -> int:
    holder = Lease.objects.filter(name="relay").values_list("holder", flat=True).first() or ":0:"
    return int(holder.split(":")[1])


def test_a_relay_is_killed_in_a_batch_of_ten_thousand_and_the_standby_ends_it(start: Start, address: str) -> None:
    relays = {process.pid: process for process in (start(address, "relay_events"), start(address, "relay_events"))}
    until(lambda: pid_of_relay() in relays)
    fill_outbox(BATCH)
    until(lambda: published() >= 1000)
    first = relays.pop(pid_of_relay())
    first.kill()
    first.wait(timeout=5)
    left = BATCH - published()
    assert left > 0, "the batch was over before the relay was killed"
    killed = time.monotonic()
    until(lambda: pid_of_relay() in relays, seconds=15)
    assert time.monotonic() - killed < 10
    until(lambda: published() == BATCH)
    emitted = emitted_by_key("course-events")
    found = arrivals(address, "course-events", [one for ids in emitted.values() for one in ids])
    assert first_by_key(found) == emitted
    assert len(found) - BATCH <= 1000, "more than one batch came twice"


def test_eight_writers_at_once_lose_nothing_and_what_is_rolled_back_is_never_told(start: Start, address: str) -> None:
    courses = [CourseFactory(reviews=0).pk for _ in range(5)]
    start(address, "relay_events")

    @in_transaction
    def write(dice: random.Random) -> None:
        """As services do: the aggregate's row is locked, and what is emitted tells of its state."""
        course = Course.objects.select_for_update().get(pk=dice.choice(courses))
        Course.objects.filter(pk=course.pk).update(reviews=course.reviews + 1)
        emit("course.archived", key=course.pk, course_id=course.pk, title=str(course.reviews))
        time.sleep(dice.random() / 500)
        if dice.random() < 0.2:
            transaction.set_rollback(True)

    def write_many(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(WRITES):
            write(dice)

    at_once(*(partial(write_many, seed) for seed in range(WRITERS)))
    emitted = emitted_by_key("course-events")
    ids = [one for keys in emitted.values() for one in keys]
    assert WRITERS * WRITES * 0.6 < len(ids) < WRITERS * WRITES
    assert sum(Course.objects.values_list("reviews", flat=True)) == len(ids)
    until(lambda: published() == len(ids))
    found = arrivals(address, "course-events", ids)
    assert {arrival.event_id for arrival in found} == set(ids)
    for key, told in first_by_key(found).items():
        states = {arrival.event_id: arrival.body["title"] for arrival in found if arrival.key == key}
        assert [states[one] for one in told] == [str(n) for n in range(len(told))]


def test_a_relay_that_is_asked_to_stop_finishes_and_leaves_its_post(start: Start, address: str) -> None:
    relay = start(address, "relay_events")
    fill_outbox(3000)
    until(lambda: published() > 0)
    relay.terminate()
    assert relay.wait(timeout=10) == 0
    assert Lease.objects.get().holder == ""
    once = start(address, "relay_events", "--once")
    assert once.wait(timeout=20) == 0
    assert published() == 3000
    emitted = emitted_by_key("course-events")
    found = arrivals(address, "course-events", [one for ids in emitted.values() for one in ids])
    assert len(found) == 3000, "a graceful end repeats nothing"
    assert first_by_key(found) == emitted
