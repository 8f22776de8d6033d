"""Consumers over a real broker: each event has its effect once, whoever dies on the way."""

from functools import partial
from typing import TypeVar

import pytest
from confluent_kafka import Producer
from django.db.models import Model, QuerySet

from accounts.factories import UserFactory
from crm.tests.kafka.conftest import Start, fill_outbox, has_read_all, until
from enrolments.factories import EnrolmentFactory
from events.models import Event, HandledEvent, Letter, UnhandledEvent

M = TypeVar("M", bound=Model)

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]

EVENTS, LETTERS = 3000, 400
ALL_HANDLED = EVENTS + 2 * LETTERS  # each event by `log`, those about enrolments by `mail` too


def of_this_test(rows: "QuerySet[M]") -> "QuerySet[M]":
    """A broker that is not ours may hold what earlier tests told it."""
    return rows.filter(event_id__in=Event.objects.values("event_id"))


def handled() -> int:
    return of_this_test(HandledEvent.objects.all()).count()


def fill_with_rejections() -> None:
    enrolment = EnrolmentFactory(student=UserFactory(language="en"), status="rejected")
    told = {"enrolment_id": enrolment.pk, "course_id": enrolment.course_id, "student_id": enrolment.student_id}
    told |= {"status": "rejected", "previous": "applied", "actor_id": None}
    Event.objects.bulk_create(
        Event(type="enrolment.rejected", topic="enrolment-events", key=str(number), payload=told)
        for number in range(LETTERS)
    )


def test_a_consumer_is_killed_and_every_event_has_its_effect_once(start: Start, address: str) -> None:
    fill_outbox(EVENTS)
    fill_with_rejections()
    assert start(address, "relay_events", "--once").wait(timeout=30) == 0
    group = f"--group={Event.objects.latest('id').event_id}"
    first, second = start(address, "consume_events", group), start(address, "consume_events", group)
    until(lambda: handled() > 500, seconds=40)
    first.kill()
    first.wait(timeout=5)
    assert handled() < ALL_HANDLED, "all was handled before the consumer was killed"
    third = start(address, "consume_events", group)
    until(lambda: handled() == ALL_HANDLED, seconds=60)
    until(lambda: Letter.objects.filter(state=Letter.State.SENT).count() == LETTERS)
    assert Letter.objects.count() == LETTERS
    assert not of_this_test(UnhandledEvent.objects.all()).exists()
    for process in (second, third):
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_messages_that_are_read_again_have_no_effect_and_rubbish_is_parked(start: Start, address: str) -> None:
    fill_with_rejections()
    start(address, "relay_events", "--once").wait(timeout=30)
    producer = Producer({"bootstrap.servers": address})
    producer.produce("enrolment-events", key="1", value=b"\xff not JSON")
    producer.flush(10)
    name = Event.objects.latest("id").event_id
    for group in (f"{name}-first", f"{name}-again"):
        consumer = start(address, "consume_events", f"--group={group}", "--consumer=mail")
        until(partial(has_read_all, address, group, "enrolment-events"), seconds=40)
        consumer.terminate()
        assert consumer.wait(timeout=20) == 0
    assert handled() == Letter.objects.count() == LETTERS
    assert Letter.objects.filter(state=Letter.State.SENT).exists()
    assert UnhandledEvent.objects.parked().latest("id").body["message"].endswith("not JSON")
