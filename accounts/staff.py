"""The admin over the role table: lists, choices, exports and bulk actions hold only rows that a role reaches."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV

from accounts.access import NONE, ScopedQuerySet, allows, scope_of
from accounts.addresses import SturdyAdmin, bad_lookups
from accounts.autocomplete import Finder
from accounts.keys import is_key
from accounts.models import Membership, Organization, User
from crm.errors import RuleBroken
from events.transactions import in_transaction

M = TypeVar("M", bound=models.Model)

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator[Any]):
    """Page numbers for the admin that never count a whole table; further rows are reached by filters and search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows[:COUNTED_AT_MOST].count() if isinstance(rows, QuerySet) else len(rows)


def shown(field: str, label: Any) -> Callable[[Any, models.Model], str]:
    """A related person as text: the admin's own link would lead whoever may not see users to a refusal."""

    @admin.display(description=label)
    def show(model_admin: Any, row: models.Model) -> str:
        return str(getattr(row, field) or "–")

    return show


def person(request: HttpRequest) -> User:
    """The signed-in user; the admin's door has let nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class OrganizationFilter(admin.SimpleListFilter):
    """The organisations that the person works in, and no others."""

    title = gettext_lazy("organisation")
    parameter_name = "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        mine = Organization.objects.for_staff(request.user, "view").values_list("pk", "name")
        return [(str(pk), name) for pk, name in mine[:100]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        value = self.value()
        return queryset.filter(organization=int(value)) if value and is_key(value) else queryset


class RefusableAdmin(SturdyAdmin[M]):
    """An admin that shows a broken rule beside its field, or as a message where there is no form."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A rule that refuses while saving rolls everything back, and what was typed stays on the page."""
        try:
            return in_transaction(super().changeform_view)(request, *args, **kwargs)
        except RuleBroken as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any) -> Any:
        form, refusal = super().get_form(request, obj, change=change, **kwargs), getattr(request, "refusal", None)
        return form if refusal is None else _refused(form, refusal)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return in_transaction(super().delete_view)(request, *args, **kwargs)
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())


def _refused(form_class: Any, refusal: RuleBroken) -> Any:
    """The form, invalid because the rule was broken when its values were to be saved."""

    class Refused(form_class):  # type: ignore[misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
            return cleaned

    return Refused


class OutOfReach(RuleBroken):
    code = "permission_denied"
    status = 403
    message = gettext_lazy("Saved like this, the row would be out of your reach. Nothing was saved.")


class ScopedAdmin(RefusableAdmin[M]):
    """Base of every admin of a model whose rows belong to an organisation."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_select_related = ()  # a join may be started from the other table, and sort all of this one
    list_prefetch_related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return self.scoped(request, "view").prefetch_related(*self.list_prefetch_related)

    def scoped(self, request: HttpRequest, action: str) -> ScopedQuerySet[M]:
        rows = super().get_queryset(request)
        if not isinstance(rows, ScopedQuerySet):
            message = f"{self.model.__name__} has no ScopedQuerySet"
            raise TypeError(message)
        return rows.for_staff(request.user, action)

    def permits(self, request: HttpRequest, action: str, obj: models.Model | None = None) -> bool:
        """Whether a role of the person permits the action: on the row, or without one in any organisation."""
        if obj is not None and obj.pk:
            asked = request.__dict__.setdefault("permitted", {}) if request.method == "GET" else {}
            key = self.opts.label, action, obj.pk  # a page asks the same many times; what writes asks anew
            if key not in asked:
                asked[key] = self.scoped(request, action).filter(pk=obj.pk).exists()
            return bool(asked[key])
        return allows(person(request), f"{self.opts.app_label}.{action}_{self.opts.model_name}")

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.permits(request, "view", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.permits(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.permits(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return self.permits(request, "delete", obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.choices(db_field, request)
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = Finder(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def choices(self, db_field: Any, request: HttpRequest, organization: int | None = None) -> QuerySet[Any]:
        """What a foreign key may be set to, in one organisation or in all; a form and its autocomplete both ask this.

        People are chosen among colleagues alone.
        """
        model, homes = db_field.remote_field.model, self.organizations(request, "add")
        if organization is not None:
            homes = homes.filter(pk=organization)
        if model is Organization:
            return homes
        if model is User:
            working = Membership.objects.filter(organization__in=homes)
            return User.objects.filter(pk__in=working.values("user")).order_by("name", "pk")
        rows: ScopedQuerySet[Any] = model._default_manager.all()
        return rows.for_staff(request.user, "view").filter(**{f"{rows.organization_path}__in": homes})

    def organizations(self, request: HttpRequest, action: str) -> QuerySet[Organization]:
        """Where a role of the person permits the action on such rows."""
        user, permission = person(request), f"{self.opts.app_label}.{action}_{self.opts.model_name}"
        if user.is_superuser:
            return Organization.objects.all()
        reached = [pk for pk, role in user.roles.items() if scope_of(permission, role) is not NONE]
        return Organization.objects.filter(pk__in=reached)

    def response_action(self, request: HttpRequest, queryset: QuerySet[M], *args: Any) -> HttpResponse | None:
        """A bulk action on something that is no row's key is refused instead of breaking."""
        if not all(is_key(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            messages.error(request, _("The chosen rows could not be read. Nothing was done."))
            return None
        return super().response_action(request, queryset, *args)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """A row that would leave the person's scope is rolled back with the rest of the request."""
        self.write(request, obj, form, change)
        if not all(self.permits(request, action, obj) for action in (["change"] if change else ["add", "view"])):
            raise OutOfReach

    def write(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Save the row; admins whose model has services call them here."""
        super().save_model(request, obj, form, change)


class SafeCSV(CSV):  # type: ignore[misc]
    """CSV whose cells never run as formulas in a spreadsheet; the library's own guard knows only those with “=”."""

    def _escape_formulae(self, dataset: Any) -> None:
        for _row in range(len(dataset)):
            dataset.append([written(cell) for cell in dataset.lpop()])


def written(cell: Any) -> str:
    """A value as programs read it, the same in every language."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return harmless(str(int(cell) if isinstance(cell, bool) else cell))


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula; numbers and phones stay."""
    starts = cell[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{cell}" if starts and not re.fullmatch(r"[+-][\d.,]+", cell) else cell


class ScopedExport(ExportMixin):  # type: ignore[misc]
    """Export for a ScopedAdmin, to be named before it: what the list shows, cut to what may be exported, as CSV."""

    formats = [SafeCSV]
    skip_export_form = True  # its page needs inline scripts, which the content security policy forbids
    to_encoding = "utf-8-sig"  # Excel takes UTF-8 without the mark for an old code page

    def export_action(self, request: HttpRequest) -> HttpResponse:
        try:
            response: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
            return redirect(reverse(name, query={ERROR_FLAG: 1}))
        return response

    def get_data_for_export(self, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any) -> Any:
        """Values as they are, for SafeCSV to write: the library would write numbers as a page does, “1,234”."""
        return super().get_data_for_export(request, queryset, **kwargs | {"force_native_type": True})

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        with bad_lookups():
            shown: QuerySet[Any] = super().get_export_queryset(request)
            shown.exists()  # asks the database whether it can read what the address asks
        return shown.filter(pk__in=self.scoped(request, "export").values("pk"))
