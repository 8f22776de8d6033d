"""What goes wrong between Kafka and the database, in this process: nothing grows, nothing loops, nothing is lost."""

import json
from threading import Event as Signal
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Message
from django.core.management import CommandError, call_command
from django.db import DataError, InterfaceError, OperationalError
from django.utils import timezone

from crm.tests.kafka.conftest import fill_outbox
from events import kafka
from events.models import Event, Letter, UnhandledEvent

pytestmark = [pytest.mark.kafka, pytest.mark.django_db(transaction=True)]


def read(value: bytes, offset: int = 0, key: bytes = b"7") -> Event | None:
    return kafka._read(Message(topic="course-events", partition=0, offset=offset, key=key, value=value))


@pytest.fixture
def intake(settings: Any) -> kafka.Intake:
    settings.KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
    return kafka.Intake(group=uuid4().hex, only=["log"], stopping=Signal())


def body(**changes: Any) -> bytes:
    told = {"event_type": "course.archived", "event_id": str(uuid4()), "schema_version": 1}
    return json.dumps(told | {"timestamp": timezone.now().isoformat(), "title": "Вязание"} | changes).encode()


def test_a_message_that_cannot_be_read_or_kept_is_parked() -> None:
    poison = [b"[" * 100_000, b"[]", b"\xff", b"\x00", body(title="a\0b"), body(title="\ud800"), body(age=float("nan"))]
    poison += [body(event_id=7), body(timestamp="0001-01-01T00:00:00+14:00"), body(event_type="\ud800" * 99)]
    poison.append(body(title=json.loads("[" * 40 + "]" * 40)))
    assert [read(value, offset) for offset, value in enumerate(poison)] == [None] * len(poison)
    assert read(body(), len(poison), key=b"\0") is None
    assert UnhandledEvent.objects.parked().count() == len(poison) + 1
    good = read(body(title="C:\\u0000"))
    assert good is not None
    assert good.payload["title"] == "C:\\u0000"


def test_a_consumer_waits_for_a_database_that_is_away_and_for_nothing_else(
    intake: kafka.Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "PATIENCE", 0.001)
    failures = [OperationalError("away"), InterfaceError("away")]

    def work() -> None:
        if failures:
            raise failures.pop()

    assert intake._patiently(work)
    failures.append(DataError("poison"))
    with pytest.raises(DataError):
        intake._patiently(work)


def test_a_consumer_that_is_told_to_stop_sends_no_further_letter(intake: kafka.Intake) -> None:
    Letter.objects.create(key="one", to="a@school.example", subject="s", text="t")
    intake.stopping.set()
    intake._look_after()
    assert Letter.objects.get().state == Letter.State.WAITING
    intake.stopping.clear()
    intake._look_after()
    assert Letter.objects.get().state == Letter.State.SENT


@pytest.mark.parametrize("command", ["relay_events", "consume_events"])
def test_an_option_that_is_none_ends_the_command_with_its_name(settings: Any, command: str) -> None:
    settings.KAFKA_OPTIONS = {"no.such.option": 1}
    with pytest.raises(CommandError, match=r'^KAFKA_OPTIONS: No such configuration property: "no.such.option"$'):
        call_command(command)


def test_options_do_not_touch_what_the_guarantees_rest_on(settings: Any) -> None:
    settings.KAFKA_OPTIONS = {"acks": "0", "client.id": "school"}
    config = kafka._config(acks="all")
    assert (config["acks"], config["client.id"]) == ("all", "school")


def test_what_a_producer_holds_is_dropped_when_the_database_or_its_queue_fails(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
    for name in ("PATIENCE", "GRACE"):
        monkeypatch.setattr(kafka, name, 0.01)
    fill_outbox(3)
    transport, events = kafka.KafkaTransport(), list(Event.objects.all())

    def away() -> bool:
        raise OperationalError

    first = transport.producer
    with pytest.raises(OperationalError):
        transport.pass_on(events, away)
    assert first.flush(1) == 0
    assert transport.producer is not first
    config = kafka._config
    monkeypatch.setattr(kafka, "_config", lambda **more: config(**more) | {"queue.buffering.max.messages": 2})
    transport = kafka.KafkaTransport()
    first = transport.producer
    assert transport.pass_on(events, lambda: False) == []
    assert first.flush(1) == 0
    assert transport.producer is not first
