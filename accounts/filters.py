from typing import Any

import django_filters
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User, UserQuerySet


class KeyFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """Filters by the key of a related row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, decimal_places=0, **kwargs)


class OrderingFilter(django_filters.OrderingFilter):  # type: ignore[misc]
    """Names its orders in the reader's language: the library makes the descending names once, at import."""

    def __init__(self, labels: dict[str, Any]) -> None:
        falling = {f"-{name}": format_lazy(_("{order} (descending)"), order=label) for name, label in labels.items()}
        super().__init__(fields=list(labels), field_labels=labels | falling)


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]
    search = django_filters.CharFilter(method="find", max_length=200)
    is_active = django_filters.ChoiceFilter(method="by_activity", choices=[("true", "true"), ("false", "false")])

    class Meta:
        model = User
        fields: list[str] = []

    def find(self, rows: UserQuerySet, name: str, value: str) -> UserQuerySet:
        return rows.search(value)

    def by_activity(self, rows: UserQuerySet, name: str, value: str) -> UserQuerySet:
        return rows.filter(is_active=value == "true")
