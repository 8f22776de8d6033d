"""The outbox: `emit` records what happened, subscribers act on it in the same transaction, consumers after it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from events import consumers
from events.models import Event

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
AT_ONCE = 100
_subscribers: dict[str, list[Handler]] = defaultdict(list)
_is_history: ContextVar[bool] = ContextVar("events.is_history", default=False)


def on(*types: str) -> Callable[[H], H]:
    """Subscribe inside the transaction that emits: what the handler writes commits with the event, or not at all."""
    return partial(_register, types)


def _register(types: tuple[str, ...], handler: H) -> H:
    for name in types:
        _subscribers[name].append(handler)
    return handler


@contextmanager
def history() -> Iterator[None]:
    """Record events that nobody outside is told of: a demo school, or what is imported from another system."""
    token = _is_history.set(True)
    try:
        yield
    finally:
        _is_history.reset(token)


def emit(type: str, *, key: int | str, **payload: Any) -> Event:  # noqa: A002 - CloudEvents' own word
    """Record an event in the caller's transaction.

    `type` is `aggregate.past_participle`; `key` is the aggregate's id, by which order is kept; `payload` is plain JSON,
    as the type's schema in docs/events says; `actor_id` in it, the person who acted, is null unless given.
    Raises TransactionManagementError outside a transaction: an event must not outlive what it tells of.
    """
    if not transaction.get_connection().in_atomic_block:
        message = f"{type} was emitted outside a transaction"
        raise transaction.TransactionManagementError(message)
    event = Event.objects.create(
        type=type,
        topic=TOPICS[type.partition(".")[0]],
        key=str(key),
        payload={"actor_id": None} | payload,
        published_at=_published_at(),
    )
    for subscriber in _subscribers[type]:
        subscriber(event)
    if settings.EVENTS_TRANSPORT == "inline" and event.published_at is None:
        # robust: the request has succeeded already; what goes wrong is logged, and the event waits for the relay.
        transaction.on_commit(partial(_hand_over, event), robust=True)
    return event


def _published_at() -> datetime | None:
    return timezone.now() if _is_history.get() else None


def _hand_over(event: Event) -> None:
    """The transport `inline`: the process that emitted runs the consumers, and one older attempt that is due.

    What is left of the same key goes first: whoever emitted it died or failed before it was handed over.
    """
    waiting = list(Event.objects.unpublished().filter(topic=event.topic, key=event.key)[:AT_ONCE])
    consumers.deliver(waiting)
    Event.objects.filter(pk__in=[one.pk for one in waiting]).update(published_at=timezone.now())
    consumers.retry_due(at_most=1)
