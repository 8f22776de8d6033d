"""Consumers: what is done about events after their commit, once per event, whichever transport brings it.

A handler runs in the transaction that marks its event as handled, so what it writes is there exactly once. What it does
outside the database may be repeated when the process dies; letters have their own guard (events/letters.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

import structlog
from django.utils import timezone

from events.models import Event, HandledEvent, UnhandledEvent, describe
from events.transactions import in_transaction

log = structlog.stdlib.get_logger(__name__)

Handler = Callable[[Event], None]
H = TypeVar("H", bound=Handler)

EVERYTHING = "*"
FIRST_RETRY = timedelta(seconds=5)
_handlers: dict[str, dict[str, list[Handler]]] = defaultdict(lambda: defaultdict(list))


class Delivery(NamedTuple):
    consumer: str
    event: Event

    @property
    def handlers(self) -> list[Handler]:
        of_consumer = _handlers[self.consumer]
        return [*of_consumer.get(self.event.type, []), *of_consumer.get(EVERYTHING, [])]


def consumes(consumer: str, *types: str) -> Callable[[H], H]:
    """Handle events of these types, or `EVERYTHING`, on behalf of a named consumer."""

    def register(handler: H) -> H:
        for name in types:
            _handlers[consumer][name].append(handler)
        return handler

    return register


def known() -> list[str]:
    return sorted(_handlers)


def deliver(events: Sequence[Event], consumers: Iterable[str] | None = None) -> None:
    """Let each consumer handle each event that it has not handled; what fails is kept, to be tried again.

    All in one transaction when all goes well, else one by one.
    """
    deliveries = _outstanding(events, known() if consumers is None else consumers)
    if not deliveries:
        return
    if _some_must_queue(deliveries) or not _handled_together(deliveries):
        for delivery in deliveries:
            _handle_or_keep(delivery)


def retry_due(at_most: int = 100) -> int:
    """Try again what failed and is due; the number tried."""
    claimed = [row for row in UnhandledEvent.objects.due()[:at_most] if row.claim()]
    for row in claimed:
        try:
            _handle_once(Delivery(row.consumer, row.event))
        except Exception as error:
            row.failed(error)
            log.exception(
                "event failed again", consumer=row.consumer, event_id=str(row.event_id), parked=not row.due_at
            )
        else:
            row.delete()
    return len(claimed)


def _outstanding(events: Sequence[Event], consumers: Iterable[str]) -> list[Delivery]:
    """What is to be handled, each once, although the same event may have been brought twice."""
    pairs = {(name, event.event_id): Delivery(name, event) for event in events for name in consumers}
    wanted = {pair: delivery for pair, delivery in pairs.items() if delivery.handlers}
    if not wanted:
        return []
    handled: Iterable[tuple[str, UUID]] = HandledEvent.objects.filter(
        event_id__in={event_id for _name, event_id in wanted}
    ).values_list("consumer", "event_id")
    for pair in handled:
        wanted.pop(pair, None)
    return list(wanted.values())


def _some_must_queue(deliveries: list[Delivery]) -> bool:
    """Whether an earlier event of some key waits to be tried again."""
    waiting = UnhandledEvent.objects.waiting().filter(consumer__in={delivery.consumer for delivery in deliveries})
    return waiting.filter(key__in={delivery.event.key for delivery in deliveries}).exists()


def _handled_together(deliveries: list[Delivery]) -> bool:
    try:
        _handle_all(deliveries)
    except Exception as error:
        log.warning("events are handled one by one", events=len(deliveries), error=describe(error))
        return False
    return True


@in_transaction
def _handle_all(deliveries: list[Delivery]) -> None:
    HandledEvent.objects.bulk_create(
        HandledEvent(consumer=delivery.consumer, event_id=delivery.event.event_id) for delivery in deliveries
    )
    for delivery in deliveries:
        _run(delivery)


@in_transaction
def _handle_once(delivery: Delivery) -> None:
    """Another process that handles the same event at this moment is waited for: the mark is unique."""
    event_id = delivery.event.event_id
    _mark, is_new = HandledEvent.objects.get_or_create(consumer=delivery.consumer, event_id=event_id)
    if is_new:
        _run(delivery)


def _run(delivery: Delivery) -> None:
    for handler in delivery.handlers:
        handler(delivery.event)


def _handle_or_keep(delivery: Delivery) -> None:
    consumer, event = delivery
    earlier = UnhandledEvent.objects.waiting().filter(consumer=consumer, topic=event.topic, key=event.key)
    if earlier.exists():
        _keep(delivery, due_at=timezone.now())
        return
    try:
        _handle_once(delivery)
    except Exception as error:
        log.exception("event failed", consumer=consumer, type=event.type, event_id=str(event.event_id))
        _keep(delivery, due_at=timezone.now() + FIRST_RETRY, attempts=1, error=describe(error))


def _keep(delivery: Delivery, **fields: object) -> None:
    consumer, event = delivery
    told = {"type": event.type, "topic": event.topic, "key": event.key, "body": event.body}
    UnhandledEvent.objects.get_or_create(consumer=consumer, event_id=event.event_id, defaults=told | fields)
