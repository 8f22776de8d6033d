"""The outbox: `emit` records what happened, subscribers act on it in the same transaction, consumers after it."""

import logging
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from events.models import Event

log = logging.getLogger(__name__)

Handler = Callable[[Event], None]
H = TypeVar("H", bound=Handler)

TOPICS = {
    "user": "user-events",
    "organization": "organization-events",
    "course": "course-events",
    "enrolment": "enrolment-events",
    "feedback": "feedback-events",
    "contact": "sales-events",
    "deal": "sales-events",
    "task": "sales-events",
}
_subscribers: dict[str, list[Handler]] = defaultdict(list)
_consumers: dict[str, list[Handler]] = defaultdict(list)


def on(*types: str) -> Callable[[H], H]:
    """Subscribe inside the transaction that emits: what the handler writes commits with the event, or not at all."""
    return partial(_register, _subscribers, types)


def after(*types: str) -> Callable[[H], H]:
    """Consume events after their transaction has committed, for effects outside the database such as mail."""
    return partial(_register, _consumers, types)


def _register(handlers: dict[str, list[Handler]], types: tuple[str, ...], handler: H) -> H:
    for name in types:
        handlers[name].append(handler)
    return handler


def emit(type: str, *, key: int | str, **payload: Any) -> Event:  # noqa: A002 - CloudEvents' own word
    """Record an event in the caller's transaction.

    `type` is `aggregate.past_participle`; `key` is the aggregate's id, by which order is kept; `payload` is plain JSON.
    Raises TransactionManagementError outside a transaction: an event must not outlive what it tells of.
    """
    if not transaction.get_connection().in_atomic_block:
        message = f"{type} was emitted outside a transaction"
        raise transaction.TransactionManagementError(message)
    event = Event.objects.create(type=type, topic=TOPICS[type.partition(".")[0]], key=str(key), payload=payload)
    for subscriber in _subscribers[type]:
        subscriber(event)
    # robust: a consumer that fails is logged, and its event stays unpublished; the request has already succeeded.
    transaction.on_commit(lambda: deliver(event), robust=True)
    return event


def deliver(event: Event) -> None:
    """Run the event's consumers and mark it published; an error leaves it in the outbox."""
    for consumer in _consumers[event.type]:
        consumer(event)
    event.published_at = timezone.now()
    event.save(update_fields=["published_at"])
