import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SCHEMA_VERSION = 1
COUNTED_AT_MOST = 10_000
LARGEST_ERROR = 2_000
LONGEST_NAME = 64


class EventQuerySet(models.QuerySet["Event"]):
    def unpublished(self) -> Self:
        """What nobody outside has heard of yet, oldest first; its cost does not grow with what is published."""
        return self.filter(published_at=None).order_by("id")

    def lag(self) -> tuple[int, float]:
        """How many events wait (10,000 stands for more), and for how many seconds the oldest has."""
        waiting = self.unpublished()
        oldest = waiting.values_list("created_at", flat=True).first()
        seconds = (timezone.now() - oldest).total_seconds() if oldest else 0.0
        return waiting[:COUNTED_AT_MOST].count(), max(seconds, 0.0)


class Event(models.Model):
    """One thing that happened, written in the transaction that made it happen: the outbox."""

    event_id = models.UUIDField(_("event id"), default=uuid.uuid4, editable=False)
    type = models.CharField(_("type"), max_length=LONGEST_NAME)
    topic = models.CharField(_("topic"), max_length=LONGEST_NAME)
    key = models.CharField(_("key"), max_length=LONGEST_NAME)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["published_at", "id"], name="event_unpublished"),
            models.Index(fields=["topic", "key", "id"], name="event_of_aggregate"),
            models.Index(fields=["type", "id"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"

    @property
    def body(self) -> dict[str, Any]:
        """The flat JSON that others receive, as the schema of its type in docs/events says."""
        return {
            "event_type": self.type,
            "event_id": str(self.event_id),
            "timestamp": self.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "schema_version": SCHEMA_VERSION,
            **self.payload,
        }

    @classmethod
    def from_body(cls, *, topic: str, key: str, body: dict[str, Any]) -> Self:
        """The event that a body tells of; not a row of the outbox. Raises KeyError or ValueError for any other body."""
        payload = dict(body)
        payload.pop("schema_version")
        name = str(payload.pop("event_type"))
        if len(name) > LONGEST_NAME or len(key) > LONGEST_NAME:
            raise ValueError(name[:LONGEST_NAME])
        return cls(
            type=name,
            event_id=uuid.UUID(payload.pop("event_id")),
            created_at=datetime.fromisoformat(payload.pop("timestamp")),
            topic=topic,
            key=key,
            payload=payload,
        )


class HandledEvent(models.Model):
    """A consumer's mark that it has handled an event, set in the transaction that handles it: never twice."""

    consumer = models.CharField(_("consumer"), max_length=32)
    event_id = models.UUIDField(_("event id"))
    handled_at = models.DateTimeField(_("handled"), default=timezone.now)

    class Meta:
        verbose_name = _("handled event")
        verbose_name_plural = _("handled events")
        constraints = [models.UniqueConstraint(fields=["event_id", "consumer"], name="handled_event_once")]
        indexes = [models.Index(fields=["handled_at"], name="handled_event_age")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class UnhandledEventQuerySet(models.QuerySet["UnhandledEvent"]):
    def waiting(self) -> Self:
        return self.exclude(due_at=None)

    def parked(self) -> Self:
        return self.filter(due_at=None)

    def due(self) -> Self:
        """What may be tried now: of one key the first alone, so that a consumer hears of it in order."""
        earlier = UnhandledEvent.objects.waiting().filter(
            consumer=OuterRef("consumer"), topic=OuterRef("topic"), key=OuterRef("key"), id__lt=OuterRef("id")
        )
        return self.filter(~Exists(earlier), due_at__lte=timezone.now()).order_by("due_at", "id")


class UnhandledEvent(models.Model):
    """An event that a consumer could not handle: tried again with back-off, and in the end parked for a person."""

    ATTEMPTS = 8

    consumer = models.CharField(_("consumer"), max_length=32)
    event_id = models.UUIDField(_("event id"))
    type = models.CharField(_("type"), max_length=LONGEST_NAME)
    topic = models.CharField(_("topic"), max_length=LONGEST_NAME)
    key = models.CharField(_("key"), max_length=LONGEST_NAME)
    body = models.JSONField(_("body"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=LARGEST_ERROR, blank=True)
    kept_at = models.DateTimeField(_("since"), default=timezone.now)
    due_at = models.DateTimeField(_("next attempt"), null=True, help_text=_("Empty: parked."))

    objects = UnhandledEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("unhandled event")
        verbose_name_plural = _("unhandled events")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="unhandled_event_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="unhandled_event_due"),
            models.Index(fields=["consumer", "topic", "key", "id"], name="unhandled_event_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.type} {self.key}"

    @property
    def event(self) -> Event:
        return Event.from_body(topic=self.topic, key=self.key, body=self.body)

    def claim(self) -> bool:
        """Take the next attempt, unless another process has. Whoever dies in it leaves the row to a later one."""
        self.attempts += 1
        was_due, self.due_at = self.due_at, timezone.now() + timedelta(seconds=5 * 2**self.attempts)
        mine = UnhandledEvent.objects.filter(pk=self.pk, due_at=was_due)
        return bool(mine.update(attempts=self.attempts, due_at=self.due_at))

    def failed(self, error: Exception) -> None:
        self.error = describe(error)
        if self.attempts >= self.ATTEMPTS:
            self.due_at = None
        self.save(update_fields=["error", "due_at"])


def describe(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".replace("\0", "")
    return text.encode(errors="replace").decode()[:LARGEST_ERROR]


class LetterQuerySet(models.QuerySet["Letter"]):
    def due(self) -> Self:
        return self.filter(state=Letter.State.WAITING, due_at__lte=timezone.now()).order_by("due_at", "id")

    def postponed(self) -> Self:
        """Letters that wait because the mail server could not be reached, not because it refused them."""
        waiting = self.filter(state=Letter.State.WAITING, due_at__gt=timezone.now(), attempts=0)
        return waiting.exclude(error="")  # without an error it is new, from a process whose clock is ahead


class Letter(models.Model):
    """One letter to one person, identified by its key, on its way to the mail server."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")
        IN_DOUBT = "in_doubt", _("in doubt")

    ATTEMPTS = 12

    key = models.CharField(_("key"), max_length=200)
    to = models.CharField(_("to"), max_length=320)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=LARGEST_ERROR, blank=True)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["key"], name="letter_once")]
        indexes = [
            models.Index(fields=["state", "due_at", "id"], name="letter_due"),
            models.Index(fields=["created_at"], name="letter_age"),
            models.Index(fields=["to"], name="letter_to_person"),
        ]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"

    def claim(self) -> bool:
        """Mark that the letter is about to be sent, before it is: of several processes one succeeds."""
        mine = Letter.objects.filter(pk=self.pk, state=self.State.WAITING, due_at=self.due_at)
        self.state, self.due_at = self.State.SENDING, timezone.now()
        return bool(mine.update(state=self.state, due_at=self.due_at))

    def becomes(self, state: State, error: str = "") -> None:
        self.state, self.error = state, error
        self.save(update_fields=["state", "error", "attempts", "due_at", "text", "html"])

    def was_sent(self) -> None:
        """The words are forgotten: they may hold a link that opens an account."""
        self.text = self.html = ""
        self.becomes(self.State.SENT)

    def was_refused(self, error: str) -> None:
        """The server took the connection and not the letter: tried again over about two days, after all the others.

        That holds for one that hangs up, too: else a letter that it cannot bear would be the first for ever.
        """
        self.attempts += 1
        self.due_at = timezone.now() + timedelta(minutes=min(2**self.attempts, 360))
        self.becomes(self.State.REFUSED if self.attempts >= self.ATTEMPTS else self.State.WAITING, error)


class Lease(models.Model):
    """Which process holds a post that one process at a time may hold; see events/lease.py."""

    name = models.CharField(_("name"), max_length=32, primary_key=True)
    holder = models.CharField(_("held by"), max_length=64, blank=True)
    beat = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.name
