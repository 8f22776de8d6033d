"""The page of a contact or a deal with what has happened and what is to be done, and a form to log what was said."""

from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.staff import person
from crm.errors import RuleBroken
from crm.pagination import InvalidCursor, Page, paginate
from sales import timeline
from sales.admin.base import SalesAdmin
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.models.contacts import KNOWN_SOURCES, source_in_words
from sales.models.deals import loss_in_words

M = TypeVar("M", bound=models.Model)
LINES, ROWS = 50, 20


class LogForm(forms.Form):
    """A note, a call, an e-mail or a meeting. Its time is read in the active time zone: the organisation's."""

    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=[(kind, kind.label) for kind in Activity.LOGGED])
    text = forms.CharField(
        label=gettext_lazy("text"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("A note needs one."),
    )
    happened_at = forms.DateTimeField(
        label=gettext_lazy("time"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Now, if left empty."),
    )
    minutes = forms.IntegerField(label=gettext_lazy("length, minutes"), required=False, min_value=0, max_value=24 * 60)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Activity.Kind.NOTE and cleaned.get("text") == "":
            self.add_error("text", _("Write a text."))
        return cleaned


class TimelinePage(SalesAdmin[M]):
    """An admin of contacts or deals whose page shows their timeline and open tasks."""

    change_form_template = "admin/sales/timeline_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"sales_{self.opts.model_name}_log"
        return [path("<int:pk>/log/", self.admin_site.admin_view(self.log_view), name=name), *super().get_urls()]

    def log_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = get_object_or_404(self.get_queryset(request), pk=pk)
        if not Activity.objects.may_add(person(request), row.organization):
            raise PermissionDenied
        with timezone.override(row.organization.time_zone):
            form = LogForm(request.POST if request.method == "POST" else None)
            if not (form.is_valid() and self._logged(request, row, form)):
                return self.ask(request, form, title=_("Log an activity"), rows=[row]).render()
        return redirect(f"{self.page_of(row.pk, request.GET)}#timeline")

    def _logged(self, request: HttpRequest, row: Any, form: LogForm) -> bool:
        """Whether the line is written; a refusal is said on the form, where what was typed stays."""
        given = form.cleaned_data | {"kind": Activity.Kind(form.cleaned_data["kind"])}
        try:
            messages.success(request, str(timeline.log(about=row, by=person(request), **given)))
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return form.is_valid()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        if row is not None and IS_POPUP_VAR not in request.GET:
            context |= self.beside(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def beside(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What stands under the form, each list cut to what the person may see."""
        user, about = person(request), {str(self.opts.model_name): row}
        tasks = Task.objects.for_staff(user, "view").undone().filter(**about).order_by("due_at", "id")
        return {
            "lines": self._lines(request, row, about),
            "log_form": LogForm() if Activity.objects.may_add(user, row.organization) else None,
            "may_add_task": Task.objects.may_add(user, row.organization),
            "zone": row.organization.time_zone,
            "tasks": tasks.for_list()[:ROWS],
        }

    def _lines(self, request: HttpRequest, row: Any, about: dict[str, Any]) -> Page:
        seen = Activity.objects.for_staff(person(request), "view").filter(**about).prefetch_related("author", "deal")
        try:
            page = paginate(seen, cursor=request.GET.get("cursor"), size=LINES)
        except InvalidCursor:  # somebody has edited the address
            page = paginate(seen, cursor=None, size=LINES)
        stages = dict(Stage.objects.of(row.organization_id).values_list("slug", "name"))
        for line in page.rows:
            line.told = told(line, stages, row.organization.time_zone)
        return page


def told(line: Activity, stages: dict[str, str], zone: str) -> str:
    """What a line of the timeline says, besides what somebody wrote."""
    payload = line.payload
    if "field" in payload:
        return _change(line, stages, zone)
    if other := payload.get("other"):
        return ", ".join(str(other[name]) for name in ("name", "email", "phone") if other.get(name))
    said = [payload.get("title"), payload.get("amount"), source_in_words(payload.get("source", ""))]
    return " · ".join(str(part) for part in said if part)


def _change(line: Activity, stages: dict[str, str], zone: str) -> str:
    payload = line.payload
    model: Any = Task if "task_id" in payload else Deal if line.deal_id else Contact
    try:
        field = model._meta.get_field(payload["field"])
    except FieldDoesNotExist:  # a column of an older version
        return f"{payload['field']}: {payload['from']} → {payload['to']}"
    values = [_shown(field, payload[side], stages, zone) for side in ("from", "to")]
    reason = f" ({loss_in_words(payload['reason'])})" if payload.get("reason") else ""
    return f"{payload.get('title', '')} {field.verbose_name}: {values[0]} → {values[1]}{reason}".strip()


def _shown(field: Any, value: Any, stages: dict[str, str], zone: str) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(value)):
        return date_format(timezone.localtime(moment, ZoneInfo(zone)), "SHORT_DATETIME_FORMAT")
    known: dict[str, dict[str, Any]] = {"stage": stages, "source": KNOWN_SOURCES}
    names = known.get(field.name) or dict(field.flatchoices)
    return str(names.get(value, value))
