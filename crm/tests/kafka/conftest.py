"""A broker, and the product's own commands, each in a process that can be killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import uuid4

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from django.conf import settings
from django.db import close_old_connections

from crm.tests.race.conftest import django_db_modify_db_settings, url_of_test_database
from events.models import Event

__all__ = ["django_db_modify_db_settings"]

SETTINGS = "crm.tests.kafka.settings"


class Broker:
    """An in-memory cluster that can be closed and opened, with what it holds."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "crm.tests.kafka.broker"]
        self.process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self._answer()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def be(self, state: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{state}\n")
        self.process.stdin.flush()
        assert self._answer() == state

    def end(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture
def broker() -> Iterator[Broker]:
    cluster = Broker()
    yield cluster
    cluster.end()


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """The broker that KAFKA_BOOTSTRAP_SERVERS names, or else an in-memory one."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or request.getfixturevalue("broker").address


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    """`start(address, "relay_events")` runs a command over the test's database; what still runs at the end is ended."""
    running: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []

    def run(address: str, *command: str) -> "subprocess.Popen[bytes]":
        log = (tmp_path / f"{len(running)}.log").open("w+b")
        env = {"DJANGO_SETTINGS_MODULE": SETTINGS, "DATABASE_URL": url_of_test_database()}
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            env=os.environ | env | {"KAFKA_BOOTSTRAP_SERVERS": address},
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        running.append((process, log))
        return process

    yield run
    for process, log in running:
        process.terminate()
        process.wait(timeout=20)
        log.seek(0)
        lines = [line for line in log.read().decode().splitlines() if '"event": "event"' not in line]
        print("---", process.args, *lines[-25:], sep="\n")  # noqa: T201 - pytest shows it when the test fails
        log.close()


def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    close_old_connections()


class Arrival(NamedTuple):
    key: str
    event_id: str
    body: dict[str, Any]


def arrivals(address: str, topic: str, wanted: Iterable[str], seconds: float = 40) -> list[Arrival]:
    """Every arrival of the events with these ids, in the order of each partition, once all are there."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": uuid4().hex, "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    ids, found, missing = set(wanted), list[Arrival](), set(wanted)
    deadline = time.monotonic() + seconds
    while messages := consumer.consume(1000, timeout=1) or missing:
        assert time.monotonic() < deadline, f"{len(missing)} of {len(ids)} events have not arrived"
        for message in messages if isinstance(messages, list) else []:
            assert message.error() is None, message.error()
            body = json.loads(message.value() or b"{}")
            if body.get("event_id") in ids:
                found.append(Arrival((message.key() or b"").decode(), body["event_id"], body))
        missing -= {arrival.event_id for arrival in found[-1000:]}
    consumer.close()
    return found


def has_read_all(address: str, group: str, topic: str) -> bool:
    """Whether the group has committed its way to the end of each partition."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": group})
    partitions = [
        TopicPartition(topic, number) for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ]
    ends = [consumer.get_watermark_offsets(partition, timeout=10)[1] for partition in partitions]
    committed = [partition.offset for partition in consumer.committed(partitions, timeout=10)]
    consumer.close()
    return all(end in (at, 0) for at, end in zip(committed, ends, strict=True))


def first_by_key(found: list[Arrival]) -> dict[str, list[str]]:
    """The order in which each key's events came for the first time."""
    order: dict[str, dict[str, None]] = {}
    for arrival in found:
        order.setdefault(arrival.key, {})[arrival.event_id] = None
    return {key: list(ids) for key, ids in order.items()}


def emitted_by_key(topic: str) -> dict[str, list[str]]:
    order: dict[str, list[str]] = {}
    for key, event_id in Event.objects.filter(topic=topic).order_by("id").values_list("key", "event_id"):
        order.setdefault(key, []).append(str(event_id))
    return order


def fill_outbox(number: int, keys: int = 100) -> None:
    """Events as `emit` would write them, in one statement."""
    Event.objects.bulk_create(
        (
            Event(
                type="course.archived",
                topic="course-events",
                key=str(n % keys),
                payload={"course_id": n % keys, "title": f"Курс {n}", "actor_id": None},
            )
            for n in range(number)
        ),
        batch_size=1000,
    )
