"""What the events still tell of a person who is deleted."""

from events.models import Event, Letter

FORGOTTEN = ("email", "name")


def forget_person(*, email: str, key: int) -> None:
    """Take name and address out of the person's own events, and drop letters that have not been sent.

    What Kafka holds already goes with the retention of its topic.
    """
    for event in Event.objects.filter(topic="user-events", key=str(key)):
        event.payload |= {name: "" for name in FORGOTTEN if name in event.payload}
        event.save(update_fields=["payload"])
    Letter.objects.filter(to=email).delete()
