"""Cursor pages: a page costs the same at the first row and at the millionth, and nothing is counted.

DRF's own CursorPagination compares one column and steps over ties by offset, up to 1,000 of them; free courses or deals
of one stage have more. Here the cursor holds every ordering column and the key, so ties need no offset.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.core.exceptions import ValidationError as FieldError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from crm.errors import RuleBroken


class InvalidCursor(RuleBroken):
    code = "invalid_cursor"
    status = 422
    field = "cursor"
    message = gettext_lazy("This page's address is not valid; start from the first page.")


@dataclass(frozen=True)
class Page:
    """One page of rows; `next` and `previous` are cursors, or None at the ends."""

    rows: list[Any]
    next: str | None
    previous: str | None


def paginate(queryset: QuerySet[Any], *, cursor: str | None, size: int) -> Page:
    """The page of `queryset` that `cursor` points at, the first one without a cursor.

    The queryset must be ordered by columns that are never null; the key is added as the last of them.
    Raises InvalidCursor.
    """
    order = _ordering(queryset)
    backwards, position = _decode(cursor, queryset.model, order) if cursor else (False, None)
    rows = queryset.order_by(*(_reversed(order) if backwards else order))
    if position is not None:
        rows = rows.filter(_beyond(position, _reversed(order) if backwards else order))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, position is not None)
    return Page(
        rows=found,
        next=_encode(found[-1], order, backwards=False) if found and has_next else None,
        previous=_encode(found[0], order, backwards=True) if found and has_previous else None,
    )


def _ordering(queryset: QuerySet[Any]) -> list[str]:
    """Each column once, the first mention counting, and the key last."""
    columns: dict[str, str] = {}
    for name in queryset.query.order_by or queryset.model._meta.ordering:
        columns.setdefault(str(name).lstrip("-"), str(name))
    order = list(columns.values())
    key = "-pk" if order and order[0].startswith("-") else "pk"
    return order if order and order[-1].lstrip("-") in ("pk", "id") else [*order, key]


def _reversed(order: Sequence[str]) -> list[str]:
    return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]


def _beyond(position: Sequence[Any], order: Sequence[str]) -> Q:
    """Rows strictly after `position`: (a > x) or (a = x and b > y) or …"""
    condition, equal = Q(), Q()
    for name, value in zip(order, position, strict=True):
        column, side = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        condition |= equal & Q(**{f"{column}__{side}": value})
        equal &= Q(**{column: value})
    first, side = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{side}": position[0]}) & condition  # the first column alone lets an index start here


def _encode(row: Model, order: Sequence[str], *, backwards: bool) -> str:
    values = [str(getattr(row, name.lstrip("-"))) for name in order]
    return base64.urlsafe_b64encode(json.dumps([backwards, *values]).encode()).decode()


def _decode(cursor: str, model: type[Model], order: Sequence[str]) -> tuple[bool, list[Any]]:
    """Anybody can write a cursor: whatever `_encode` would not have written is refused."""
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return backwards is True, [
            _value(_field(model, name), value) for name, value in zip(order, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, ArithmeticError, FieldError, RecursionError) as error:
        raise InvalidCursor from error


def _value(field: Any, text: Any) -> Any:
    """Raises ValueError and its kin for what cannot stand in the column."""
    if not isinstance(text, str) or "\x00" in text:
        raise TypeError
    text.encode()  # a lone surrogate has no encoding
    value = field.to_python(text)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, int | Decimal):
        field.run_validators(value)  # within the range of the column
    return value


def _field(model: type[Model], name: str) -> Any:
    name = name.lstrip("-")
    if name == "pk":
        return model._meta.pk
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist as error:
        message = f"{model.__name__} has no column {name} to page by"
        raise LookupError(message) from error


class KeysetPagination(BasePagination):
    """The API's pages: `{"next": url|null, "previous": url|null, "results": [...]}`."""

    page_size = 20
    max_page_size = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        size, cursor = self._size(request), request.query_params.get("cursor")
        self.page = paginate(queryset, cursor=cursor, size=size)
        self.address = request.build_absolute_uri()
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self._link(self.page.next), "previous": self._link(self.page.previous), "results": data}
        )

    def _link(self, cursor: str | None) -> str | None:
        return replace_query_param(self.address, "cursor", cursor) if cursor else None

    def _size(self, request: Request) -> int:
        asked = request.query_params.get("page_size", "")
        if not asked:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and len(asked) < 4) or not 1 <= int(asked) <= self.max_page_size:
            raise InvalidPageSize
        return int(asked)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "schema": size},
        ]


class InvalidPageSize(RuleBroken):
    code = "invalid"
    status = 422
    field = "page_size"
    message = gettext_lazy("Ask for 1 to 100 rows.")
