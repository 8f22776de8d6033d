"""Choosing one row of a million in the admin: what is found while typing is exactly what the form accepts."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.keys import is_key


class Finder(AutocompleteSelect):
    """An autocomplete that may be kept to one organisation, and shrugs at what cannot be a key."""

    organization: int | None = None

    def get_url(self) -> str:
        url = super().get_url()
        return url if self.organization is None else f"{url}?organization={self.organization}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if is_key(str(key))], attr)


class ScopedAutocomplete(AutocompleteJsonView):
    """Django's view asks the admin of the rows that are sought; this one asks the admin of the form that seeks them."""

    source_admin: Any
    source_field: Any

    def process_request(self, request: HttpRequest) -> Any:
        term, model_admin, source_field, to_field_name = super().process_request(request)
        self.source_admin = admin.site._registry.get(source_field.model)
        if self.source_admin is None or source_field.name not in self.source_admin.get_autocomplete_fields(request):
            raise PermissionDenied
        return term.replace("\x00", ""), model_admin, source_field, to_field_name

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        permitted = self.source_admin.has_add_permission(request) or self.source_admin.has_change_permission(request)
        return bool(permitted)

    def get_queryset(self) -> QuerySet[Any]:
        within = self.request.GET.get("organization", "")
        rows = self.source_admin.choices(self.source_field, self.request, int(within) if is_key(within) else None)
        found, _may_repeat = self.model_admin.get_search_results(self.request, rows, self.term)
        return found
