"""Kafka is away for half a minute: nobody who uses the site notices, and all arrives afterwards."""

import statistics
import time
from pathlib import Path

import pytest

from accounts.models import User
from courses.factories import CourseFactory
from crm.tests.kafka.conftest import SETTINGS, Broker, Start, arrivals, emitted_by_key, first_by_key, until
from crm.tests.race.conftest import gunicorn, post_to, session_of
from enrolments.models import Enrolment
from events.models import Event

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]

AWAY = 30.0
ROUNDS = 40


def seconds_of_requests(port: int, cookie: str, course: int, pause: float) -> list[float]:
    """Apply and withdraw, again and again: each request writes one or two events."""
    took: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answer = post_to(port, cookie, "/enrolments", {"course_id": course})
        withdrawn = post_to(port, cookie, f"/enrolments/{answer.body['id']}/cancel")
        took.append((time.perf_counter() - start) / 2)
        assert (answer.status, withdrawn.status) == (201, 200)
        time.sleep(pause)
    return took


def test_requests_do_not_slow_down_without_kafka_and_all_arrives(
    start: Start, broker: Broker, tmp_path: Path, student: User
) -> None:
    course, cookie = CourseFactory(requires_approval=True).pk, session_of(student)
    start(broker.address, "relay_events")
    with gunicorn(tmp_path, DJANGO_SETTINGS_MODULE=SETTINGS, KAFKA_BOOTSTRAP_SERVERS=broker.address) as port:
        seconds_of_requests(port, cookie, course, 0)
        until(lambda: not Event.objects.unpublished().exists())
        there = seconds_of_requests(port, cookie, course, 0.1)
        broker.be("down")
        gone_at = time.monotonic()
        gone = seconds_of_requests(port, cookie, course, 0.1)
        time.sleep(max(0, AWAY - (time.monotonic() - gone_at)))
        waiting = Event.objects.unpublished().count()
        broker.be("up")
    assert waiting >= 2 * ROUNDS, "Kafka was not away"
    until(lambda: not Event.objects.unpublished().exists(), seconds=20)
    for name, seconds in (("with Kafka", there), ("without", gone)):
        middle, worst = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        print(f"{name}: median {middle * 1000:.1f} ms, 95th percentile {worst * 1000:.1f} ms")  # noqa: T201 - the figure
    assert statistics.median(gone) < 1.5 * statistics.median(there) + 0.005
    emitted = emitted_by_key("enrolment-events")
    assert list(emitted) == [str(Enrolment.objects.get().pk)]
    found = arrivals(broker.address, "enrolment-events", [one for ids in emitted.values() for one in ids])
    assert first_by_key(found) == emitted
