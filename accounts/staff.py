"""The admin over the role table: lists, choices, exports and bulk actions hold only rows that a role reaches."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV

from accounts.access import NONE, ScopedQuerySet, allows, scope_of
from accounts.models import Organization, User
from crm.errors import RuleBroken
from events.transactions import in_transaction

M = TypeVar("M", bound=models.Model)
Verb = Callable[..., Any]

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator[Any]):
    """Page numbers for the admin that never count a whole table; further rows are reached by filters and search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows[:COUNTED_AT_MOST].count() if isinstance(rows, QuerySet) else len(rows)


def is_key(text: str) -> bool:
    """Whether a text can be a row's key; what a person puts into an address or a form may be anything."""
    return text.isascii() and text.isdigit() and len(text) < 19


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


class RefusableAdmin(admin.ModelAdmin[M]):
    """An admin whose pages show a broken rule as a message."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._refusable(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._refusable(request, super().delete_view, *args, **kwargs)

    def _refusable(self, request: HttpRequest, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A rule that refuses while saving: the view's transaction is rolled back, and the message says why."""
        try:
            return in_transaction(view)(request, *args, **kwargs)
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())


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
            return self.scoped(request, action).filter(pk=obj.pk).exists()
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
        rows = db_field.remote_field.model._default_manager.all()
        if db_field.remote_field.model is Organization:
            kwargs["queryset"] = self._organizations_to_add_to(request)
        elif isinstance(rows, ScopedQuerySet):
            kwargs["queryset"] = rows.for_staff(request.user, "view")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _organizations_to_add_to(self, request: HttpRequest) -> QuerySet[Organization]:
        user, permission = person(request), f"{self.opts.app_label}.add_{self.opts.model_name}"
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
        if not self.permits(request, "change" if change else "add", obj):
            raise PermissionDenied

    def write(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Save the row; admins whose model has services call them here."""
        super().save_model(request, obj, form, change)


class ScopedExport(ExportMixin):  # type: ignore[misc]
    """Export for a ScopedAdmin, to be named before it: what the list shows, cut to what may be exported, as CSV."""

    formats = [CSV]
    skip_export_form = True  # its page needs inline scripts, which the content security policy forbids
    to_encoding = "utf-8-sig"  # Excel takes UTF-8 without the mark for an old code page

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown: QuerySet[Any] = super().get_export_queryset(request)
        return shown.filter(pk__in=self.scoped(request, "export").values("pk"))


class VerbAdmin(ScopedAdmin[M]):
    """Rows that change by verbs: each a button on the row's page, an action on the list, a permission of the same name.

    `verbs` maps a verb to its label and its service; the service is called with the row and `by`.
    """

    change_form_template = "admin/verbs_change_form.html"
    verbs: dict[str, tuple[Any, Verb]] = {}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_verb"
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The verbs that some role of the person permits; deletion goes one by one, with its own confirmation."""
        actions: dict[str, Any] = dict(super().get_actions(request))
        actions.pop("delete_selected", None)
        for verb, (label, _service) in self.verbs.items():
            if self.permits(request, verb):
                actions[verb] = (self._bulk(verb), verb, label)
        return actions

    def _bulk(self, verb: str) -> Callable[[Any, HttpRequest, QuerySet[M]], None]:
        def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[M]) -> None:
            self.do_each(request, queryset, verb)

        return action

    def do_each(self, request: HttpRequest, rows: Iterable[M], verb: str) -> None:
        """Each row on its own: a refusal undoes no other, and the message names it with its reason."""
        permitted = set(self.scoped(request, verb).values_list("pk", flat=True).filter(pk__in=[row.pk for row in rows]))
        done: list[M] = []
        for row in rows:
            try:
                if row.pk not in permitted:
                    raise RuleBroken(_("You may not do this."))
                self._do(request, row, verb)
                done.append(row)
            except RuleBroken as refusal:
                messages.error(request, f"{row}: {refusal}")
        if len(done) == 1:
            messages.success(request, f"{self.verbs[verb][0]}: {done[0]}")
        elif done:
            text = ngettext("%(verb)s: %(n)d row done.", "%(verb)s: %(n)d rows done.", len(done))
            messages.success(request, text % {"verb": self.verbs[verb][0], "n": len(done)})

    def verb_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if verb not in self.verbs or not self.permits(request, verb, row):
            raise PermissionDenied
        if request.method == "POST":  # a GET comes from the login page, after an expired session
            self.do_each(request, [row], verb)
        meta = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return redirect(reverse(f"{meta}_change", args=[pk], query=request.GET))

    def _do(self, request: HttpRequest, row: M, verb: str) -> None:
        self.verbs[verb][1](**{str(self.opts.model_name): row}, by=person(request))

    def offers(self, verb: str, row: M) -> bool:
        """Whether the row's page shows the button; the service decides all the same."""
        return True

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        context["verbs"] = [
            (verb, label)
            for verb, (label, _service) in self.verbs.items()
            if row is not None and self.offers(verb, row) and self.permits(request, verb, row)
        ]
        return super().render_change_form(request, context, *args, **kwargs)
