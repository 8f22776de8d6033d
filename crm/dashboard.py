"""The first page of the admin: the figures of the organisation in which a person works, ready to be drawn."""

from datetime import UTC
from typing import Any

from django.urls import reverse

from accounts.access import NONE
from accounts.models import Organization, User
from sales import analytics
from sales.models.work import start_of_day
from sales.window import Figures, Window, ask, reach

CHOICES = 100


def dashboard(user: User, *, asked: str) -> dict[str, Any] | None:
    """What the page shows of the organisation whose key is `asked`, or of the first; None without figures to see."""
    rows = Organization.objects.for_staff(user, "view")[:CHOICES]
    mine = [organization for organization in rows if reach(user, organization) is not NONE]
    if not mine:
        return None
    chosen = next((organization for organization in mine if str(organization.pk) == asked), mine[0])
    window = Window.of(user, chosen)
    deals, funnel = ask(analytics.deals, window), ask(analytics.funnel, window)
    return {
        "organization": chosen,
        "organizations": mine,
        "is_own": window.person is not None,
        "deals": deals,
        "win_percent": _percent(deals["won"], deals["won"] + deals["lost"]),
        "stages": _bars(funnel["stages"]),
        "tasks": ask(analytics.tasks, window) | _task_lists(chosen),
        "courses": [_seats(course) for course in ask(analytics.starting, window)["courses"]],
        "computed_at": deals["computed_at"],
    }


def _bars(stages: list[Figures]) -> list[Figures]:
    """Stages with the lengths of their bars in per cent of the longest one, and where a centred bar begins."""
    most = max((stage["open_amount"] for stage in stages), default=0)
    first = stages[0]["count"] if stages else 0
    bars = []
    for stage in stages:
        reached = _percent(stage["count"], first) or 0
        conversion = None if stage["conversion"] is None else round(stage["conversion"] * 100)
        pipeline = _percent(stage["open_amount"], most) or 0
        bars.append(
            stage | {"pipeline": pipeline, "reached": reached, "begins": (100 - reached) / 2, "percent": conversion}
        )
    return bars


def _task_lists(organization: Organization) -> dict[str, str]:
    """The lists of tasks whose lengths the page shows."""
    today, tomorrow = (start_of_day(organization, days=days).astimezone(UTC).isoformat() for days in (0, 1))
    undone = {"organization": organization.pk, "done_at__isnull": "True"}
    return {
        "overdue_list": reverse("admin:sales_task_changelist", query=undone | {"due_at__lt": today}),
        "today_list": reverse(
            "admin:sales_task_changelist", query=undone | {"due_at__gte": today, "due_at__lt": tomorrow}
        ),
    }


def _seats(course: Figures) -> Figures:
    capacity, taken = course["capacity"], course["seats_taken"]
    left = None if capacity is None else capacity - taken
    return course | {"seats_left": left, "taken": _percent(taken, capacity or 0)}


def _percent(part: Any, whole: Any) -> int | None:
    return round(part * 100 / whole) if whole else None
