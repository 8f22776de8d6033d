from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.staff import OrganizationFilter, ScopedExport, person, shown
from accounts.verbs import VerbForm
from crm.errors import RuleBroken
from sales.admin.base import MineFilter, name_of
from sales.admin.importing import ImportPage
from sales.admin.timeline import ROWS
from sales.models import Contact, Deal, Task
from sales.models.contacts import source_in_words, source_of
from sales.services import contacts


class ContactResource(ModelResource):  # type: ignore[misc]
    organization = Field("organization__name", column_name="organization")
    source = Field("source_name", column_name="source")
    owner = Field("owner__name", column_name="owner")

    class Meta:
        model = Contact
        fields = ["id", "organization", "name", "email", "phone", "source", "owner", "created_at"]
        export_order = fields


class SourceField(forms.CharField):
    """Shows a source that the school writes in words, and keeps it as it is stored."""

    def prepare_value(self, value: Any) -> Any:
        return source_in_words(value or "")

    def to_python(self, value: Any) -> Any:
        return source_of(super().to_python(value) or "")


class MergeForm(VerbForm):
    contact = forms.ModelChoiceField(
        Contact.objects.none(),
        label=gettext_lazy("Which one is kept"),
        widget=forms.RadioSelect,
        empty_label=None,
    )

    def __init__(self, data: Any = None, *, rows: Any) -> None:
        super().__init__(data, rows=rows)
        field: Any = self.fields["contact"]
        field.queryset = Contact.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
        field.initial = min(row.pk for row in rows)


@admin.register(Contact)
class ContactAdmin(ScopedExport, ImportPage):
    resource_classes = [ContactResource]
    import_export_change_list_template = "admin/sales/contact_change_list.html"
    list_display = ["name", "email", "phone", "owner_name", "where_from", "created"]
    list_filter = [MineFilter, OrganizationFilter]
    list_prefetch_related = ("owner", "organization")
    search_fields = ["name"]  # opens the box; what is found is decided in get_search_results
    search_help_text = gettext_lazy("Beginnings of the words of a name, an e-mail, or a phone.")
    sortable_by = ["created"]
    ordering = ["-id"]
    fields = ["organization", "name", "email", "phone", "source", "owner"]
    autocomplete_fields = ["owner"]
    actions = ["merge"]
    goes_too = gettext_lazy("Its tasks and its timeline go too.")
    owner_name = name_of("owner", pgettext_lazy("of a deal", "owner"))
    account, where_from = shown("user", gettext_lazy("account")), shown("source_name", gettext_lazy("source"))

    def get_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        if obj is None:
            return self.fields
        source = "source" if self.has_change_permission(request, obj) else "where_from"
        return [*(source if name == "source" else name for name in self.fields), "account", "created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        return ["organization", "where_from", "account", "created_at"] if obj else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "source":
            kwargs["form_class"] = SourceField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return queryset.search(search_term), False

    def write(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        if change:
            contacts.update(contact=obj, by=person(request), **self.changed(obj, form))
        else:
            contacts.create(contact=obj, by=person(request))

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        contacts.delete(contact=obj)

    def beside(self, request: HttpRequest, row: Contact) -> dict[str, Any]:
        user = person(request)
        deals = Deal.objects.for_staff(user, "view").filter(contact=row).prefetch_related("stage")
        may_add = {"may_add_deal": Deal.objects.may_add(user, row.organization)}
        return super().beside(request, row) | may_add | {"deals": deals[:ROWS]}

    @admin.display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, contact: Contact) -> str:
        return date_format(timezone.localtime(contact.created_at), "SHORT_DATE_FORMAT")

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return self.permits(request, "merge")

    @admin.action(description=gettext_lazy("Merge two contacts into one"), permissions=["merge"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        chosen = [row.pk for row in queryset[:3]]
        reached = self.scoped(request, "merge").filter(pk__in=chosen)
        rows = list(reached.prefetch_related("owner", "organization"))
        if len(rows) != 2 or len(chosen) != 2 or len({row.organization_id for row in rows}) != 1:
            messages.error(request, _("Choose two contacts of one organisation, neither more nor fewer."))
            return None
        form = MergeForm(request.POST if "told" in request.POST else None, rows=rows)
        if not form.is_valid():
            return self._ask_which_is_kept(request, form, rows)
        kept = form.cleaned_data["contact"]
        other = next(row for row in rows if row != kept)
        try:
            contacts.merge(contact=kept, other=other, by=person(request))
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
            return None
        messages.success(request, _("%(other)s is merged into %(kept)s.") % {"other": other, "kept": kept})
        return redirect(self.page_of(kept.pk))

    def _ask_which_is_kept(self, request: HttpRequest, form: MergeForm, rows: list[Contact]) -> HttpResponse:
        counts = {
            name: dict(model._default_manager.filter(contact__in=rows).values_list("contact").annotate(Count("pk")))
            for name, model in (("deals", Deal), ("tasks", Task))
        }
        table = [(row, counts["deals"].get(row.pk, 0), counts["tasks"].get(row.pk, 0)) for row in rows]
        sent = [("action", "merge"), *((ACTION_CHECKBOX_NAME, str(row.pk)) for row in rows)]
        page = self.ask(request, form, title=_("Merge two contacts into one"), rows=rows, sent=sent, table=table)
        page.template_name = "admin/sales/merge.html"
        return page
