"""What figures are asked about, and for how long an answer is kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone

from accounts.access import NONE, ORG, Actor, Scope, ScopedQuerySet, roles_of, scope_of
from accounts.models import Organization

Figures = dict[str, Any]
Rows = TypeVar("Rows", bound=ScopedQuerySet[Any])


@dataclass(frozen=True)
class Window:
    """What figures are asked about: an organisation, one person's own rows of it or all, from a day to a day."""

    organization: Organization
    person: int | None = None
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, user: Actor, organization: Organization, *days: date | None) -> "Window":
        """What the user may see of the figures. Raises PermissionDenied."""
        scope = reach(user, organization)
        if scope is NONE:
            raise PermissionDenied
        return cls(organization, None if ORG in scope else user.pk, *days)

    def rows(self, rows: Rows) -> Rows:
        rows = rows.filter(organization=self.organization)
        return rows if self.person is None else rows.filter(rows.own(self.person))

    def within(self, field: str) -> Q:
        """Whether a time is set, and on one of the period's days where the organisation is."""
        condition = Q(**{f"{field}__isnull": False})
        if self.first:
            condition &= Q(**{f"{field}__gte": self._midnight(self.first)})
        if self.last:
            condition &= Q(**{f"{field}__lt": self._midnight(self.last + timedelta(days=1))})
        return condition

    def key(self, *about: Any) -> str:
        """Where figures are kept: never the same for two organisations, two reaches or two periods."""
        parts = [*about, self.organization.pk, self.person, self.first, self.last]
        return f"analytics:{hashlib.sha256(repr(parts).encode()).hexdigest()}"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(self.organization.time_zone))


def reach(user: Actor, organization: Organization) -> Scope:
    """Whose figures the user may see in an organisation: everybody's, their own, or none."""
    if user.is_superuser:
        return ORG
    return scope_of("sales.view_analytics", roles_of(user).get(organization.pk))


def ask(figures: Callable[..., Figures], window: Window, *about: Any) -> Figures:
    """The figures with the time at which they were computed, at most ANALYTICS_TTL seconds ago."""

    def compute() -> Figures:
        return figures(window, *about) | {"computed_at": timezone.now()}

    return cast("Figures", cache.get_or_set(window.key(figures.__name__, *about), compute, settings.ANALYTICS_TTL))
