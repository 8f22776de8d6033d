"""Kafka: the relay's producer and the consumers' intake. Imported only where EVENTS_TRANSPORT is `kafka`."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event as Signal
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from django.conf import settings
from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from events import consumers, letters
from events.models import Event, UnhandledEvent, describe
from events.outbox import TOPICS

log = structlog.stdlib.get_logger(__name__)

SOURCE = "mini-crm"
BATCH = 500
PATIENCE = 0.5
GRACE = 2.0
LONGEST_PAUSE = 15.0
DEEPEST = 30
NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")


def _complain(error: KafkaError) -> None:
    log.warning("Kafka does not answer", error=error.str())


def _config(**more: Any) -> dict[str, Any]:
    shared = {"bootstrap.servers": settings.KAFKA_BOOTSTRAP_SERVERS, "client.id": SOURCE, "error_cb": _complain}
    shared |= {"log_level": 2, "reconnect.backoff.max.ms": 2000}
    return shared | settings.KAFKA_OPTIONS | more


@contextmanager
def _options_taken() -> Iterator[None]:
    """Raises CommandError for options that librdkafka does not take, in its own words."""
    try:
        yield
    except KafkaException as error:
        message = f"KAFKA_OPTIONS: {error.args[0].str()}"
        raise CommandError(message) from error


class KafkaTransport:
    """Publishes with an idempotent producer: each event is acknowledged by all replicas, in order per partition."""

    def __init__(self) -> None:
        self.producer = self._new_producer()

    def _new_producer(self) -> Producer:
        # No limit of time: an event that has been handed over waits for the broker, in its place in the order.
        waits = {"enable.idempotence": True, "acks": "all", "message.timeout.ms": 0, "linger.ms": 5}
        # The partitioner of Kafka's own clients, so that programs in other languages find a key where they expect it.
        with _options_taken():
            return Producer(_config(partitioner="murmur2_random", **waits))

    def pass_on(self, events: Sequence[Event], may_wait: Callable[[], bool]) -> list[int]:
        done: list[int] = []
        failed: list[str] = []
        try:
            for event in events:
                self._produce(event, partial(_arrived, event.pk, done, failed))
            while self.producer.flush(PATIENCE) and may_wait():
                pass
        except (KafkaException, BufferError) as error:
            failed.append(describe(error))
        except Exception:
            self._forget()
            raise
        if len(done) < len(events):
            self._forget()
            log.warning("events wait in the outbox", events=len(events) - len(done), error=failed[:1])
        return done

    def _produce(self, event: Event, on_delivery: Callable[[KafkaError | None, Message], None]) -> None:
        self.producer.produce(
            event.topic,
            key=event.key,
            value=json.dumps(event.body, ensure_ascii=False),
            headers=_headers(event),
            on_delivery=on_delivery,
        )

    def _forget(self) -> None:
        """This relay stops, another has taken over, something failed: what has not arrived is read and sent anew."""
        self.producer.flush(GRACE)
        self.producer.purge()
        self.producer.flush(PATIENCE)
        self.producer = self._new_producer()

    def look_after(self, may_go_on: Callable[[], bool]) -> int:
        self.producer.poll(0)
        return 0


def _headers(event: Event) -> list[tuple[str, str | bytes | None]]:
    """CloudEvents in their binary mode for Kafka."""
    return [
        ("content-type", "application/json"),
        ("ce_specversion", "1.0"),
        ("ce_id", str(event.event_id)),
        ("ce_source", f"/{SOURCE}"),
        ("ce_type", event.type),
        ("ce_time", event.body["timestamp"]),
        ("ce_partitionkey", event.key),
    ]


def _arrived(pk: int, done: list[int], failed: list[str], error: KafkaError | None, message: Message) -> None:
    if error is None:
        done.append(pk)
    else:
        failed.append(error.str())


class Intake:
    """Reads the topics as a member of a group; offsets are committed when the handlers' transaction has been."""

    def __init__(self, *, group: str, only: list[str], stopping: Signal) -> None:
        self.stopping, self.only = stopping, only or consumers.known()
        reads = {
            "group.id": group,
            "group.protocol": settings.KAFKA_GROUP_PROTOCOL,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "allow.auto.create.topics": True,
            "topic.metadata.refresh.interval.ms": 10_000,
        }
        with _options_taken():
            self.consumer = Consumer(_config(**reads))

    def run(self) -> None:
        self.consumer.subscribe(sorted(set(TOPICS.values())))
        try:
            while not self.stopping.is_set():
                self._turn()
        finally:
            self.consumer.close()

    def _turn(self) -> None:
        messages = [message for message in self.consumer.consume(BATCH, timeout=PATIENCE) if _is_good(message)]
        if messages and not self._patiently(lambda: self._take_in(messages)):
            return
        self._patiently(self._look_after)

    def _take_in(self, messages: list[Message]) -> None:
        consumers.deliver([event for message in messages if (event := _read(message))], self.only)
        following = {(m.topic(), m.partition()): (m.offset() or 0) + 1 for m in messages}
        offsets = [TopicPartition(str(topic), partition or 0, at) for (topic, partition), at in following.items()]
        try:
            self.consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            # They come again, here or to the member that has the partition now, and are known as handled.
            log.warning("offsets were not committed", error=describe(error))

    def _look_after(self) -> None:
        consumers.retry_due()
        letters.send_due(lambda: not self.stopping.is_set(), at_most=20)

    def _patiently(self, work: Callable[[], None]) -> bool:
        """Do it, again and again while the database is away; False when told to stop before it was done."""
        pause = PATIENCE
        while not self.stopping.is_set():
            try:
                close_old_connections()
                work()
            except (OperationalError, InterfaceError):
                pause = min(pause * 2, LONGEST_PAUSE)
                log.exception("the consumer waits for the database", seconds=pause)
                self.stopping.wait(pause)
            else:
                return True
        return False


def _is_good(message: Message) -> bool:
    error = message.error()
    if error is not None:
        log.warning("Kafka answers with an error", error=error.str())
    return error is None


def _read(message: Message) -> Event | None:
    """The event of a message; one that is no event of ours is parked, for it will not become one."""
    raw = (message.value() or b"").decode(errors="replace")
    key = (message.key() or b"").decode(errors="replace")
    try:
        event = Event.from_body(topic=str(message.topic()), key=key, body=json.loads(raw))
        _check_that_it_can_be_kept(event)
    except Exception as error:
        _park(message, key, raw, error)
        return None
    return event


def _check_that_it_can_be_kept(event: Event) -> None:
    """JSON may hold what a database does not take.

    Half characters, numbers that are none, NUL in PostgreSQL, more than 32 levels in MariaDB and 100 in MySQL; ours
    have two.
    """
    text = json.dumps([event.key, event.body], ensure_ascii=False, allow_nan=False)
    text.encode()
    if NUL.search(text):
        raise ValueError(NUL.pattern)
    if _levels(event.body) > DEEPEST:
        message = "nested too deeply"
        raise ValueError(message)


def _levels(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_levels, inner), default=0)


def _park(message: Message, key: str, raw: str, error: Exception) -> None:
    place = f"{message.topic()}/{message.partition()}/{message.offset()}"
    log.error("a message is no event", place=place, error=describe(error))
    UnhandledEvent.objects.get_or_create(
        consumer="intake",
        event_id=uuid.uuid5(uuid.NAMESPACE_URL, place),
        defaults={
            "type": "unreadable",
            "topic": str(message.topic()),
            "key": key[:64].replace("\0", ""),
            "body": {"message": raw[:10_000].replace("\0", "")},
            "error": describe(error),
        },
    )
