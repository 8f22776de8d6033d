import re
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from events.models import Event, HandledEvent, Letter
from events.transactions import in_transaction

BATCH = 1000
LEAST = timedelta(days=2)  # the hourly jobs write a letter once because its row is there for the rest of the day
UNITS = {"d": "days", "h": "hours"}


class Command(BaseCommand):
    help = (
        "Delete events that were published, marks of handled events and letters that were sent, when they are older. "
        "Safe while the relay runs. Keep longer than Kafka does (7 days, unless its topics say otherwise): a mark "
        "that is gone cannot stop a message that comes again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", required=True, metavar="30d", help="days or hours, such as 30d or 48h; 2d at least"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        before = _oldest_needed(timezone.now() - _duration(options["older_than"]))
        events = _purge(Event.objects.filter(published_at__lt=before).order_by("published_at", "id"))
        marks = _purge(HandledEvent.objects.filter(handled_at__lt=before).order_by("handled_at"))
        letters = _purge(Letter.objects.filter(state=Letter.State.SENT, created_at__lt=before).order_by("created_at"))
        self.stdout.write(f"Deleted {events} events, {marks} marks of handled events, {letters} sent letters.")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,3})([dh])", text)
    duration = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if duration < LEAST:
        message = f"--older-than must be a number of days or hours such as 30d or 48h, at least 2d, not {text}."
        raise CommandError(message)
    return duration


def _oldest_needed(before: datetime) -> datetime:
    """An event that is not published yet may have been handled: its marks are needed as long as it waits."""
    oldest = Event.objects.unpublished().values_list("created_at", flat=True).first()
    return min(before, oldest) if oldest else before


def _purge(rows: QuerySet[Any]) -> int:
    """Delete by small transactions, each of keys that were read before: no lock lasts, none is taken by a range."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += _delete(rows.model._base_manager.filter(pk__in=keys))
    return deleted


@in_transaction
def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]
