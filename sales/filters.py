"""What the lists of sales can be narrowed and ordered by. An index of the models serves each."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField

from accounts.filters import KeyFilter, OrderingFilter
from sales.models import Activity, Contact, ContactQuerySet, Deal, Stage, Task, TaskQuerySet
from sales.models.work import start_of_day

MONEY: dict[str, Any] = {"min_value": Decimal(0), "max_value": Decimal("9999999999.99"), "decimal_places": 2}


def stages(request: Any) -> QuerySet[Stage]:
    """The stages of the organisation in which the request acts."""
    return Stage.objects.of(request.parser_context["view"].organization.pk) if request else Stage.objects.none()


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc]
    search = django_filters.CharFilter(method="find", max_length=200)
    owner = KeyFilter(field_name="owner_id")

    class Meta:
        model = Contact
        fields: list[str] = []

    def find(self, rows: ContactQuerySet, name: str, value: str) -> ContactQuerySet:
        return rows.search(value)


class DealFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Deal.Status.choices)
    stage = django_filters.ModelChoiceFilter(queryset=stages, to_field_name="slug")
    owner = KeyFilter(field_name="owner_id")
    contact = KeyFilter(field_name="contact_id")
    course = KeyFilter(field_name="course_id")
    amount_min = django_filters.NumberFilter(field_name="amount", lookup_expr="gte", **MONEY)
    amount_max = django_filters.NumberFilter(field_name="amount", lookup_expr="lte", **MONEY)
    ordering = OrderingFilter({"created_at": _("created"), "amount": _("amount")})

    class Meta:
        model = Deal
        fields: list[str] = []


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Task.Status.choices)
    assignee = KeyFilter(field_name="assignee_id")
    deal = KeyFilter(field_name="deal_id")
    contact = KeyFilter(field_name="contact_id")
    overdue = django_filters.ChoiceFilter(method="by_overdue", choices=[("true", "true"), ("false", "false")])

    class Meta:
        model = Task
        fields: list[str] = []

    def by_overdue(self, rows: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        organization = self.request.parser_context["view"].organization
        if value == "true":
            return rows.overdue(organization)
        return rows.exclude(done_at=None, due_at__lt=start_of_day(organization))


class MomentField(IsoDateTimeField):  # type: ignore[misc]
    """A time of RFC 3339, in UTC; the first and the last hours of the calendar have none."""

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().to_python(value)
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


class ActivityFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=Activity.Kind.choices)
    deal = KeyFilter(field_name="deal_id")
    contact = KeyFilter(field_name="contact_id")
    author = KeyFilter(field_name="author_id")
    since = MomentFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = Activity
        fields: list[str] = []
