"""The figures of an organisation's sales: SQL aggregates, as many queries whatever the data's size.

What each figure means, and which time its period looks at, is written in docs/analytics.md.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, Sum

from courses.models import Course, CourseQuerySet
from enrolments.models import Enrolment
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.models.work import start_of_day
from sales.window import Figures, Window

ZERO, CENT = Decimal(0), Decimal("0.01")
NEW_DAYS = SOON_DAYS = 30
SOON_AT_MOST = 8


def deals(window: Window) -> Figures:
    """A deal counts in the period in which it was opened, an outcome in the one in which it happened."""
    opened, ours = window.within("created_at"), Q(currency=window.organization.currency)
    won, lost, is_open = window.within("won_at"), window.within("lost_at"), opened & Q(status__in=Deal.OPEN)
    by_stage: list[Any] = list(
        window.rows(Deal.objects.all())
        .values("stage")
        .annotate(
            total=Count("pk", filter=opened),
            new=Count("pk", filter=opened & Q(status=Deal.Status.NEW)),
            in_progress=Count("pk", filter=opened & Q(status=Deal.Status.IN_PROGRESS)),
            won=Count("pk", filter=won),
            lost=Count("pk", filter=lost),
            closed=Count("pk", filter=opened & Q(status=Deal.Status.CLOSED)),
            pipeline_amount=Sum("amount", filter=is_open & ours),
            won_amount=Sum("amount", filter=won & ours),
        )
    )
    chances = dict(Stage.objects.of(window.organization.pk).values_list("pk", "probability"))
    weighted = sum(((row["pipeline_amount"] or ZERO) * chances.get(row["stage"], 0) for row in by_stage), ZERO) / 100
    counts = {name: _total(by_stage, name) for name in ("total", "new", "in_progress", "won", "lost", "closed")}
    return counts | {
        "win_rate": _ratio(counts["won"], counts["won"] + counts["lost"]),
        "pipeline_amount": _money(_total(by_stage, "pipeline_amount")),
        "won_amount": _money(_total(by_stage, "won_amount")),
        "weighted_amount": _money(weighted),
        "currency": window.organization.currency,
    }


def funnel(window: Window) -> Figures:
    """How far the deals opened in the period have come: a stage counts those that reached it or a later one.

    A won deal has reached them all. A lost deal has left the stages and does not know where: it counts in the first.
    """
    opened, ours = window.within("created_at"), Q(currency=window.organization.currency)
    is_open = opened & Q(status__in=Deal.OPEN)
    won, lost = opened & Q(won_at__isnull=False), opened & Q(lost_at__isnull=False)
    found: Any = window.rows(Deal.objects.all()).values("stage")
    found = found.annotate(
        open=Count("pk", filter=is_open),
        won=Count("pk", filter=won),
        lost=Count("pk", filter=lost),
        open_amount=Sum("amount", filter=is_open & ours),
        won_amount=Sum("amount", filter=won & ours),
        lost_amount=Sum("amount", filter=lost & ours),
    )
    by_stage = {row["stage"]: row for row in found}
    steps, everything = [], by_stage.values()
    count, amount = _total(everything, "won"), _total(everything, "won_amount")
    for stage in reversed(Stage.objects.of(window.organization.pk)):
        here = by_stage.get(stage.pk, {"open": 0, "open_amount": ZERO})
        count, amount = count + here["open"], amount + (here["open_amount"] or ZERO)
        steps.append(
            {"stage": stage.slug, "name": stage.name, "count": count, "amount": amount, "conversion": None}
            | {"open": here["open"], "open_amount": _money(here["open_amount"])}
        )
    steps.reverse()
    for first in steps[:1]:
        first["count"] += _total(everything, "lost")
        first["amount"] += _total(everything, "lost_amount")
    for before, step in pairwise(steps):
        step["conversion"] = _ratio(step["count"], before["count"])
    for step in steps:
        step["amount"] = _money(step["amount"])
    return {"currency": window.organization.currency, "stages": steps}


def tasks(window: Window) -> Figures:
    """The tasks due in the period. What is overdue or due today is asked by the organisation's clock."""
    today, undone = start_of_day(window.organization), ~Q(status=Task.Status.DONE)
    tomorrow = start_of_day(window.organization, days=1)
    figures: Figures = window.rows(Task.objects.filter(window.within("due_at"))).aggregate(
        total=Count("pk"),
        todo=Count("pk", filter=Q(status=Task.Status.TODO)),
        in_progress=Count("pk", filter=Q(status=Task.Status.IN_PROGRESS)),
        done=Count("pk", filter=Q(status=Task.Status.DONE)),
        overdue=Count("pk", filter=undone & Q(due_at__lt=today)),
        due_today=Count("pk", filter=undone & Q(due_at__gte=today, due_at__lt=tomorrow)),
    )
    return figures | {"completion_rate": _ratio(figures["done"], figures["total"])}


def contacts(window: Window) -> Figures:
    """The contacts made in the period, and those of the last thirty days whatever the period."""
    since = start_of_day(window.organization, days=1 - NEW_DAYS)
    return window.rows(Contact.objects.all()).aggregate(
        total=Count("pk", filter=window.within("created_at")),
        new_30d=Count("pk", filter=Q(created_at__gte=since)),
    )


def activities(window: Window) -> Figures:
    """What people did in the period; the lines that changes write about themselves are not counted."""
    rows = Activity.objects.filter(window.within("happened_at"), kind__in=Activity.LOGGED)
    found = dict(window.rows(rows).values_list("kind").annotate(Count("pk")))  # by kind, as the index has them
    return {"total": sum(found.values())} | {f"{kind}s": found.get(kind, 0) for kind in Activity.LOGGED}


def summary(window: Window) -> Figures:
    return {figures.__name__: figures(window) for figures in (deals, tasks, contacts, activities)}


def starting(window: Window) -> Figures:
    """The published courses that start within thirty days, soonest first, with the seats that are left."""
    today = start_of_day(window.organization).date()
    soon = Course.objects.published().filter(
        organization=window.organization, starts_on__range=(today, today + timedelta(days=SOON_DAYS))
    )
    names = ("pk", "title", "starts_on", "capacity", "seats_taken")
    return {"courses": list(soon.order_by("starts_on", "pk").values(*names)[:SOON_AT_MOST])}


def courses_of(window: Window) -> CourseQuerySet:
    """The courses that figures tell of: what is or was on offer; of it, for one person, what their deals sell."""
    rows = Course.objects.filter(organization=window.organization).exclude(status=Course.Status.DRAFT)
    if window.person is not None:
        rows = rows.filter(pk__in=window.rows(Deal.objects.all()).values("course"))
    return rows.order_by("-pk")


def courses(window: Window, keys: list[int]) -> Figures:
    """Applications of the period by their status; seats, reviews and what is unsold as they are now."""
    applications = Enrolment.objects.filter(window.within("applied_at"), course__in=keys)
    if window.person is not None:
        applications = applications.filter(pk__in=window.rows(Deal.objects.all()).values("enrolment"))
    found: Any = applications.values("course").annotate(
        applied=Count("pk", filter=Q(status=Enrolment.Status.APPLIED)),
        accepted=Count("pk", filter=Q(status=Enrolment.Status.ACCEPTED)),
        completed=Count("pk", filter=Q(status=Enrolment.Status.COMPLETED)),
    )
    by_course = {row.pop("course"): row for row in found}
    nobody = {"applied": 0, "accepted": 0, "completed": 0}
    rows = courses_of(window).filter(pk__in=keys).defer("description")
    return {"results": [_of_course(course) | by_course.get(course.pk, nobody) for course in rows]}


def _of_course(course: Course) -> Figures:
    return {
        "course": {"id": course.pk, "title": course.title},
        "reviews": course.reviews,
        "rating": course.rating,
        "seats_left": course.seats_left,
        "unsold_value": None if course.seats_left is None else _money(course.seats_left * course.price),
        "currency": course.currency,
    }


def _total(rows: Iterable[Figures], name: str) -> Any:
    return sum(row[name] or 0 for row in rows)


def _ratio(part: int, whole: int) -> float | None:
    """A fraction from 0 to 1 to four places; None when there is nothing to divide by."""
    return round(part / whole, 4) if whole else None


def _money(amount: Decimal | int | None) -> Decimal:
    return Decimal(amount or 0).quantize(CENT, ROUND_HALF_UP)
