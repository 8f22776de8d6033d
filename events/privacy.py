"""What the events still tell of a person who is deleted."""

from events.models import Event, Letter

FORGOTTEN = ("email", "name")


def forget(*, topic: str, key: int) -> None:
    """Take name and address out of the events about one person or contact.

    What Kafka holds already goes with the retention of its topic.
    """
    for event in Event.objects.filter(topic=topic, key=str(key)):
        event.payload |= {name: "" for name in FORGOTTEN if name in event.payload}
        event.save(update_fields=["payload"])


def forget_letters(*, to: str) -> None:
    Letter.objects.filter(to=to).delete()
