from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from accounts.staff import OrganizationFilter, person, shown
from sales.admin.base import MineFilter, SalesAdmin, name_of
from sales.models import Task
from sales.models.work import start_of_day
from sales.services import tasks

LAST_YEAR = 2100


class AssigneeFilter(MineFilter):
    title = _("assignee")
    parameter_name = "assignee"
    nobody = _("nobody")


class DueFilter(admin.SimpleListFilter):
    """What is to be done, by the days of the organisation; what is done only when it is asked for."""

    title = _("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("overdue")), ("today", _("today")), ("week", _("this week")), ("done", _("done"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("not done")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        if self.value() == "done":
            return queryset.exclude(done_at=None).order_by("-due_at", "-id")
        undone = queryset.filter(done_at=None)
        return undone.filter(self._days(request)) if self.value() else undone

    def _days(self, request: HttpRequest) -> Q:
        """A day begins and ends where the organisation is."""
        mine, found = Organization.objects.for_staff(request.user, "view"), Q(pk__in=[])
        for zone in set(mine.order_by().values_list("time_zone", flat=True).distinct()):
            today = start_of_day(Organization(time_zone=zone))
            monday = today - timedelta(days=today.weekday())
            first, last = {
                "overdue": (None, today),
                "today": (today, today + timedelta(days=1)),
                "week": (monday, monday + timedelta(days=7)),
            }.get(str(self.value()), (None, None))
            days = Q(organization__time_zone=zone)
            days &= Q(due_at__gte=first) if first else Q()
            found |= days & (Q(due_at__lt=last) if last else Q())
        return found


class TaskForm(forms.ModelForm[Task]):
    """Its due time is read and shown where the organisation is."""

    due_at = forms.SplitDateTimeField(
        label=_("due"), widget=AdminSplitDateTime, help_text=_("In the time zone of the organisation.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        halves: Any = self.fields["due_at"].widget
        for widget, label in zip(halves.widgets, (_("Due date"), _("Due time")), strict=True):
            widget.attrs["aria-label"] = label
        if self.instance.pk:
            zone = self.instance.organization.time_zone
            self.initial["due_at"] = timezone.localtime(self.instance.due_at, ZoneInfo(zone)).replace(tzinfo=None)
            self.fields["due_at"].help_text = zone

    def clean_due_at(self) -> datetime:
        due_at: datetime = self.cleaned_data["due_at"]
        if due_at.year > LAST_YEAR:
            raise forms.ValidationError(_("Choose a time before %(year)d.") % {"year": LAST_YEAR})
        return due_at

    def clean(self) -> Any:
        cleaned = super().clean() or self.cleaned_data
        home = self.instance.organization if self.instance.pk else cleaned.get("organization")
        if home and cleaned.get("due_at"):
            typed = timezone.localtime(cleaned["due_at"])  # the form has read it in the site's time zone
            cleaned["due_at"] = typed.replace(tzinfo=ZoneInfo(home.time_zone))
        return cleaned


@admin.register(Task)
class TaskAdmin(SalesAdmin[Task]):
    form = TaskForm
    list_display = ["title", "due", "status", "assignee_name", "contact_name", "deal"]
    list_filter = [DueFilter, AssigneeFilter, OrganizationFilter]
    list_prefetch_related = ("assignee", "organization", "contact", "deal", "created_by")
    sortable_by = ["due"]
    ordering = ["due_at", "id"]
    autocomplete_fields = ["assignee", "deal", "contact"]
    assignee_name, contact_name = name_of("assignee", _("assignee")), name_of("contact", _("contact"))
    made_by = shown("created_by", _("created by"))
    verbs = {"finish": (_("Mark as done"), tasks.finish)}
    permission_of = {"finish": "change"}

    def get_fields(self, request: HttpRequest, obj: Task | None = None) -> Any:
        if obj is None:
            return ["organization", "title", "due_at", "assignee", "deal", "contact"]
        return ["title", "due_at", "status", "assignee", "deal", "contact", "organization", "made_by", "done_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Task | None = None) -> Any:
        return ["deal", "contact", "organization", "made_by", "done_at"] if obj else []

    def write(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        if change:
            tasks.update(task=obj, by=person(request), **self.changed(obj, form))
        else:
            tasks.create(task=obj, by=person(request))

    def delete_model(self, request: HttpRequest, obj: Task) -> None:
        tasks.delete(task=obj, by=person(request))

    def offers(self, verb: str, row: Task) -> bool:
        return row.done_at is None

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, task: Task) -> str:
        local = timezone.localtime(task.due_at, ZoneInfo(task.organization.time_zone))
        text = f"{date_format(local, 'SHORT_DATETIME_FORMAT')} {local.tzname()}"
        return format_html('{} <strong class="overdue">{}</strong>', text, _("overdue")) if task.is_overdue else text
