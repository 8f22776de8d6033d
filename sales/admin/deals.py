from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.keys import is_key
from accounts.staff import OrganizationFilter, ScopedExport, person
from accounts.verbs import VerbForm
from sales import pipeline
from sales.admin.base import MineFilter, name_of
from sales.admin.timeline import TimelinePage
from sales.board import Board
from sales.models import Contact, Deal, Stage
from sales.services import deals

Status = Deal.Status


class DealResource(ModelResource):  # type: ignore[misc]
    organization = Field("organization__name", column_name="organization")
    contact = Field("contact__name", column_name="contact")
    email = Field("contact__email", column_name="email")
    stage = Field("stage__name", column_name="stage")
    owner = Field("owner__name", column_name="owner")
    course = Field("course__title", column_name="course")
    lost_reason = Field("why_lost", column_name="lost_reason")

    class Meta:
        model = Deal
        fields = [
            "id", "organization", "title", "contact", "email", "amount", "currency", "status", "stage",
            "stage_entered_at", "owner", "course", "lost_reason", "won_at", "lost_at", "created_at",
        ]  # fmt: skip
        export_order = fields


class StageFilter(admin.SimpleListFilter):
    """The stages of the person's organisations."""

    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return stage_choices(Stage.objects.for_staff(request.user, "view"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deal]) -> QuerySet[Deal]:
        value = self.value()
        return queryset.filter(stage=int(value)) if value and is_key(value) else queryset


def stage_choices(stages: QuerySet[Stage]) -> list[tuple[str, str]]:
    """Stages in order, each with its organisation when there are several."""
    found = list(stages.prefetch_related("organization").order_by("organization", "position", "pk")[:100])
    several = len({stage.organization_id for stage in found}) > 1
    return [(str(stage.pk), f"{stage.organization}: {stage}" if several else str(stage)) for stage in found]


class LossForm(VerbForm):
    reason = forms.CharField(
        label=_("reason of the loss"), max_length=500, widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"})
    )


class MoveForm(VerbForm):
    stage = forms.ModelChoiceField(Stage.objects.none(), label=_("stage"), empty_label=None)

    def __init__(self, data: Any = None, *, rows: Any) -> None:
        super().__init__(data, rows=rows)
        field: Any = self.fields["stage"]
        field.queryset = Stage.objects.filter(organization__in={row.organization_id for row in rows})
        field.widget.choices = stage_choices(field.queryset)
        if len(rows) == 1:
            field.initial = rows[0].stage_id


class DealForm(forms.ModelForm[Deal]):
    """Carries the version that the person has seen: who was overtaken is told so, and undoes no other's work."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.version


@admin.register(Deal)
class DealAdmin(Board, ScopedExport, TimelinePage[Deal]):
    resource_classes = [DealResource]
    list_display = ["title", "contact_name", "sum", "stage", "status", "owner_name", "stage_entered_at"]
    list_filter = ["status", StageFilter, MineFilter, OrganizationFilter]
    list_prefetch_related = ("contact", "owner", "stage", "organization", "course")
    search_fields = ["contact"]  # opens the box; what is found is decided in get_search_results
    search_help_text = _("By the contact: beginnings of the words of a name, an e-mail, or a phone.")
    sortable_by = ["sum"]
    ordering = ["-id"]
    autocomplete_fields = ["contact", "owner", "course"]
    goes_too = _("Its tasks go too; what has happened stays with the contact.")
    contact_name, owner_name = name_of("contact", _("contact")), name_of("owner", pgettext_lazy("of a deal", "owner"))
    verbs = {
        "take": (_("Take"), pipeline.take),
        "start": (_("Start"), pipeline.start),
        "move": (_("Move to a stage"), pipeline.move),
        "win": (_("Win"), pipeline.win),
        "lose": (_("Lose"), pipeline.lose),
        "close": (_("Close"), pipeline.close),
        "reopen": (_("Reopen"), pipeline.reopen),
    }
    asks = {"move": MoveForm, "lose": LossForm}
    permission_of = dict.fromkeys(["start", "move", "win", "lose", "close"], "change")
    becomes = {"win": Status.WON, "lose": Status.LOST, "close": Status.CLOSED}
    told_only = [
        "organization", "status", "stage", "stage_entered_at", "why_lost", "won_at", "lost_at", "created_at",
    ]  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Deal | None = None) -> Any:
        typed = ["title", "contact", "amount", "currency", "course", "owner"]
        if obj is None:
            return [(None, {"fields": typed})]
        version = ["seen_version"] if self.has_change_permission(request, obj) else []
        facts = [name for name in self.told_only if getattr(obj, name)]
        return [(None, {"fields": [*typed, *version]}), (_("Where it stands"), {"fields": facts})]

    def get_readonly_fields(self, request: HttpRequest, obj: Deal | None = None) -> Any:
        if obj is None:
            return []
        return ["contact", *(["course"] if obj.enrolment_id else []), *self.told_only]

    def get_form(self, request: HttpRequest, obj: Deal | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            kwargs["form"] = DealForm
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            form.base_fields["currency"].required = False
            form.base_fields["currency"].help_text = _("That of the course or the organisation, if left empty.")
        return form

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """By contacts that the person may see: a search must not tell what a contact's own page would not."""
        if not search_term:
            return queryset, False
        seen = Contact.objects.for_staff(request.user, "view").values("pk")
        return queryset.search(search_term).filter(contact__in=seen), False

    def write(self, request: HttpRequest, obj: Deal, form: Any, change: bool) -> None:
        if change:
            changes = self.changed(obj, form, but=["seen_version"])
            deals.update(deal=obj, by=person(request), version=form.cleaned_data["seen_version"], **changes)
        else:
            obj.organization = obj.contact.organization
            deals.create(deal=obj, by=person(request))

    def delete_model(self, request: HttpRequest, obj: Deal) -> None:
        deals.delete(deal=obj, by=person(request))

    def offers(self, verb: str, row: Deal) -> bool:
        fits: dict[str, bool] = {
            "take": row.owner_id is None,
            "start": row.status == Status.NEW,
            "move": bool(row.is_open),
            "reopen": row.status == Status.LOST,
        }
        return fits[verb] if verb in fits else row.may_become(self.becomes[verb])

    @admin.display(description=_("reason of the loss"))
    def why_lost(self, deal: Deal) -> str:
        return deal.why_lost

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, deal: Deal) -> str:
        return f"{number_format(deal.amount, decimal_pos=2)} {deal.currency}"
