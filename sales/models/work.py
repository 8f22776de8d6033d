from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedQuerySet
from accounts.models import Organization, one_line
from sales.models.contacts import Contact
from sales.models.deals import Deal


def start_of_day(organization: Organization, *, days: int = 0) -> datetime:
    """Midnight of today where the organisation is, or of the day so many days later."""
    zone = ZoneInfo(organization.time_zone)
    day = timezone.localdate(timezone=zone) + timedelta(days=days)
    return datetime.combine(day, time.min, tzinfo=zone)


class TaskQuerySet(ScopedQuerySet["Task"]):
    def own(self, user_id: int) -> Q:
        return Q(assignee=user_id) | Q(created_by=user_id)

    def undone(self) -> Self:
        return self.filter(done_at=None)

    def overdue(self, organization: Organization) -> Self:
        """Undone though the day on which they were due has ended where the organisation is."""
        return self.undone().filter(organization=organization, due_at__lt=start_of_day(organization))

    def for_list(self) -> Self:
        return self.prefetch_related("assignee", "created_by", "contact", "deal", "organization")


class Task(models.Model):
    """Something to do until a time, about a deal, a contact, or neither."""

    class Status(models.TextChoices):
        TODO = "todo", _("to do")
        IN_PROGRESS = "in_progress", _("in progress")
        DONE = "done", _("done")

    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, related_name="tasks", verbose_name=_("organisation")
    )
    title = models.CharField(_("title"), max_length=200, validators=[one_line])
    due_at = models.DateTimeField(_("due"))
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.TODO)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assignee"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    deal = models.ForeignKey(
        Deal, models.CASCADE, db_index=False, null=True, blank=True, related_name="tasks", verbose_name=_("deal")
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, db_index=False, null=True, blank=True, related_name="tasks", verbose_name=_("contact")
    )
    done_at = models.DateTimeField(_("done on"), null=True, editable=False)
    # When the letters went out, so that each goes once; another date asks for new ones.
    due_soon_told_at = models.DateTimeField(null=True, editable=False)
    overdue_told_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False) | (~Q(status="done") & Q(done_at=None)),
                name="task_done_has_date",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "due_at", "id"], name="task_of_organization"),
            models.Index(fields=["organization", "status", "due_at", "id"], name="task_by_status"),
            models.Index(fields=["organization", "done_at", "due_at", "id"], name="task_overdue"),
            models.Index(fields=["organization", "assignee", "due_at", "id"], name="task_of_assignee"),
            models.Index(fields=["deal", "due_at", "id"], name="task_of_deal"),
            models.Index(fields=["contact", "due_at", "id"], name="task_of_contact"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        return self.done_at is None and self.due_at < start_of_day(self.organization)


class ActivityQuerySet(ScopedQuerySet["Activity"]):
    def own(self, user_id: int) -> Q:
        """Those one wrote, and those on one's own deals and contacts."""
        return Q(author=user_id) | Q(deal_owner=user_id) | Q(contact_owner=user_id)

    def for_list(self) -> Self:
        return self.prefetch_related("author", "contact", "deal")


class Activity(models.Model):
    """A line of a timeline: what was done or said, and every change. Written once, never edited."""

    class Kind(models.TextChoices):
        NOTE = "note", _("note")
        CALL = "call", _("call")
        EMAIL = "email", _("e-mail")
        MEETING = "meeting", _("meeting")
        CONTACT_CREATED = "contact_created", _("contact created")
        CONTACT_MERGED = "contact_merged", _("contacts merged")
        DEAL_CREATED = "deal_created", _("deal created")
        DEAL_DELETED = "deal_deleted", _("deal deleted")
        STATUS_CHANGED = "status_changed", _("status changed")
        STAGE_CHANGED = "stage_changed", _("stage changed")
        FIELD_CHANGED = "field_changed", _("field changed")
        TASK_CREATED = "task_created", _("task created")
        TASK_DONE = "task_done", _("task done")
        TASK_DELETED = "task_deleted", _("task deleted")

    LOGGED = (Kind.NOTE, Kind.CALL, Kind.EMAIL, Kind.MEETING)

    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, related_name="+", verbose_name=_("organisation")
    )
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    # A deal's activities name its contact too, so that the contact's timeline is one range of one index.
    contact = models.ForeignKey(
        Contact, models.CASCADE, db_index=False, null=True, related_name="activities", verbose_name=_("contact")
    )
    deal = models.ForeignKey(
        Deal, models.SET_NULL, db_index=False, null=True, related_name="activities", verbose_name=_("deal")
    )
    # Whose they are, kept by sales/timeline.py: asked through joins, "my activities" would read everybody's.
    contact_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deal_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(_("text"), blank=True)
    payload = models.JSONField(_("details"), default=dict)
    happened_at = models.DateTimeField(_("time"), default=timezone.now)
    minutes = models.PositiveSmallIntegerField(_("length, minutes"), null=True)
    created_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "created_at", "id"], name="activity_of_organization"),
            models.Index(fields=["organization", "kind", "created_at", "id"], name="activity_by_kind"),
            models.Index(fields=["organization", "author", "created_at", "id"], name="activity_of_author"),
            models.Index(fields=["organization", "kind", "happened_at"], name="activity_figures"),
            models.Index(fields=["contact", "created_at", "id"], name="activity_of_contact"),
            models.Index(fields=["deal", "created_at", "id"], name="activity_of_deal"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}" if self.text else str(self.get_kind_display())
