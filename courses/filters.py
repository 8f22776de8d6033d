from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.filters import KeyFilter, OrderingFilter
from courses.models import Course, CourseQuerySet

MONEY: dict[str, Any] = {"min_value": Decimal(0), "max_value": Decimal("99999999.99"), "decimal_places": 2}


class CourseFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the catalogue can be narrowed and ordered by."""

    search = django_filters.CharFilter(method="find", label=_("Search"), max_length=200)
    price_min = django_filters.NumberFilter(field_name="price", lookup_expr="gte", label=_("Price from"), **MONEY)
    price_max = django_filters.NumberFilter(field_name="price", lookup_expr="lte", label=_("Price to"), **MONEY)
    has_seats = django_filters.ChoiceFilter(
        method="by_seats",
        label=_("Seats"),
        empty_label=_("any"),
        choices=[("true", _("some left")), ("false", _("none left"))],
    )
    ordering = OrderingFilter(
        {"title": _("title"), "price": _("price"), "starts_on": _("start"), "created_at": _("appearance")}
    )

    class Meta:
        model = Course
        fields: list[str] = []

    def find(self, rows: CourseQuerySet, name: str, value: str) -> CourseQuerySet:
        return rows.search(value)

    def by_seats(self, rows: CourseQuerySet, name: str, value: str) -> QuerySet[Course]:
        return rows.with_seats() if value == "true" else rows.without_seats()


class CourseApiFilter(CourseFilter):
    organization = KeyFilter(field_name="organization_id")
    status = django_filters.ChoiceFilter(choices=Course.Status.choices)
