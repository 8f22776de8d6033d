"""Events per second through each part: `make bench-events`, best with DATABASE_URL of a MariaDB. Not a test of the suite.

emit: a transaction each, in this process, with the check of its schema switched off. relay: from the start of the first
batch to the end of the last, with the most memory that the process took. consume: `log` alone, and `mail` alone, whose
every event makes a letter that is not sent yet.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.signals import post_save

from crm.tests.kafka.conftest import Start, fill_outbox, until
from crm.tests.kafka.test_consumers import LETTERS, fill_with_rejections
from events.models import Event, HandledEvent, Letter
from events.outbox import emit
from events.tests.schemas import matches_its_schema

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

EMITTED = 3_000
RELAYED = 50_000
CONSUMED = 20_000


def say(what: str, number: int, seconds: float, more: str = "") -> None:
    print(f"{what}: {number / seconds:,.0f} events/s ({number} in {seconds:.2f} s on {connection.vendor}){more}")  # noqa: T201


def test_emit() -> None:
    post_save.disconnect(matches_its_schema, sender=Event)
    try:
        start = time.perf_counter()
        for number in range(EMITTED):
            with transaction.atomic():
                emit("course.archived", key=number, course_id=number, title="Вязание")
        say("emit", EMITTED, time.perf_counter() - start)
    finally:
        post_save.connect(matches_its_schema, sender=Event)


@pytest.mark.parametrize("published_before", [0, 200_000])
def test_relay(start: Start, address: str, published_before: int) -> None:
    """The second figure shows that what is published already costs nothing."""
    fill_outbox(published_before)
    Event.objects.update(published_at="2026-01-01T00:00Z")
    last = Event.objects.aggregate(last=Max("id"))["last"] or 0
    relay = start(address, "relay_events")
    fill_outbox(RELAYED)
    memory = most_memory(relay.pid, lambda: not Event.objects.unpublished().exists())
    ends = Event.objects.filter(id__gt=last).aggregate(first=Min("published_at"), last=Max("published_at"))
    batches = RELAYED - 1000  # the first batch's own time lies before its mark
    seconds = (ends["last"] - ends["first"]).total_seconds()
    say("relay", batches, seconds, f", {memory:.0f} MB, {published_before} published before")


def most_memory(pid: int, is_over: Callable[[], bool]) -> float:
    """The process's peak of resident memory, in MB, once it is over."""
    until(is_over, seconds=120)
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def test_consume(start: Start, address: str) -> None:
    fill_outbox(CONSUMED)
    consume(start, address, "log", CONSUMED)
    ends = HandledEvent.objects.aggregate(first=Min("handled_at"), last=Max("handled_at"))
    first_batch = HandledEvent.objects.filter(handled_at=ends["first"]).count()
    say("consume (log)", CONSUMED - first_batch, (ends["last"] - ends["first"]).total_seconds())


def test_write_letters(start: Start, address: str) -> None:
    fill_with_rejections()
    consume(start, address, "mail", LETTERS)
    ends = Letter.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    say("consume (mail)", LETTERS - 1, (ends["last"] - ends["first"]).total_seconds())


def consume(start: Start, address: str, consumer: str, number: int) -> None:
    start(address, "relay_events", "--once").wait(timeout=60)
    start(address, "consume_events", f"--group={Event.objects.latest('id').event_id}", f"--consumer={consumer}")
    until(lambda: HandledEvent.objects.count() == number, seconds=120)
