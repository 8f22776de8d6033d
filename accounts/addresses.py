"""Addresses that somebody has typed or edited: what cannot be read in them is no crash of the admin."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db import DataError, models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

M = TypeVar("M", bound=models.Model)


@contextmanager
def bad_lookups() -> Iterator[None]:
    """What a database cannot compare with, like the year 99999, is a bad lookup: Django takes only some for one."""
    try:
        yield
    except (DataError, OverflowError, ValueError) as error:
        raise IncorrectLookupParameters(error) from error


class IndexedOrder(ChangeList):
    """Sorts by the columns that offer it, ties in the same direction, so that an index has the order of every list.

    Django takes any column from the address, and sorts ties as the model does.
    """

    def get_ordering_field(self, field_name: Any) -> Any:
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> list[Any]:
        ordering = [str(name) for name in super().get_ordering(request, queryset)]
        offered = {self.get_ordering_field(name) for name in self.sortable_by or ()}
        chosen: dict[str, str] = {}
        for name in ordering:
            if name.lstrip("-") in offered:
                chosen.setdefault(name.lstrip("-"), name)
        if not self.params.get(ORDER_VAR) or not chosen:
            return ordering
        *_, last = headers = list(chosen.values())
        return [*headers, "-pk" if last.startswith("-") else "pk"]


class SturdyAdmin(admin.ModelAdmin[M]):
    """Base of every admin: no query string breaks its list or its form of a new row."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IndexedOrder

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        with bad_lookups():
            return super().get_changelist_instance(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address fills in; Django's widget takes a time only as one, so what is none is dropped."""
        given: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        times = {field.name for field in self.opts.fields if isinstance(field, models.DateTimeField)}
        return given | {name: moment(given[name]) for name in times & given.keys()}


def moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
        return timezone.localtime(found) if found and timezone.is_aware(found) else found
    except (OverflowError, ValueError):
        return None
