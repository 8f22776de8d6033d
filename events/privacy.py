"""What the events still tell of a person who is deleted."""

from typing import Any

from events.models import Event, Letter, UnhandledEvent

FORGOTTEN = ("email", "name", "message")  # `message`: the text of what came from Kafka and could not be read


def forget(*, topic: str, key: int) -> None:
    """Take name and address out of the events about one person or contact, and of those that wait or were parked.

    What Kafka holds already goes with the retention of its topic.
    """
    for event in Event.objects.filter(topic=topic, key=str(key)):
        event.payload = _without_names(event.payload)
        event.save(update_fields=["payload"])
    for kept in UnhandledEvent.objects.filter(topic=topic, key=str(key)):
        kept.body = _without_names(kept.body)
        kept.save(update_fields=["body"])


def _without_names(told: dict[str, Any]) -> dict[str, Any]:
    return told | {name: "" for name in FORGOTTEN if name in told}


def forget_letters(*, to: str) -> None:
    Letter.objects.filter(to=to).delete()
