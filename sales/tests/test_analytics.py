"""The figures of docs/analytics.md, worked out by hand there and here."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from sales import analytics
from sales.factories import ContactFactory
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.window import Figures, Window

NOVEMBER = ("2026-11-01", "2026-11-30")
DEALS = [  # stage, status, amount, currency, opened, won, lost; times of Moscow
    ("qualification", "new", "1000.00", "RUB", "2026-12-01 00:10", None, None),
    ("proposal", "in_progress", "2000.00", "RUB", "2026-11-01 00:00", None, None),
    ("negotiation", "in_progress", "3000.50", "RUB", "2026-11-02 12:00", None, None),
    ("closed", "won", "4000.00", "RUB", "2026-11-02 12:00", "2026-11-30 23:30", None),
    ("closed", "closed", "5000.00", "RUB", "2026-09-30 12:00", "2026-11-05 12:00", None),
    ("closed", "closed", "6000.00", "RUB", "2026-11-02 12:00", None, "2026-11-06 12:00"),
    ("proposal", "in_progress", "700.00", "USD", "2026-11-03 12:00", None, None),
]
MILAS = (0, 2, 3)  # the deals of the member


@pytest.fixture(autouse=True)
def _first_of_december() -> Iterator[None]:
    with time_machine.travel("2026-12-01T12:00:00+03:00", tick=False):
        yield


@pytest.fixture
def mila(school: Organization) -> User:
    return member(Role.MEMBER, school)


def moscow(text: str | None) -> Any:
    return datetime.fromisoformat(f"{text}+03:00") if text else None


def open_deals(school: Organization, mila: User) -> list[Deal]:
    contact, stages = ContactFactory(organization=school), {stage.slug: stage for stage in Stage.objects.of(school.pk)}
    Deal.objects.bulk_create(
        Deal(
            organization=school, contact=contact, title="Сделка", stage=stages[stage], status=status,
            amount=Decimal(amount), currency=currency, won_at=moscow(won), lost_at=moscow(lost),
            created_at=moscow(opened), owner=mila if number in MILAS else None,
        )
        for number, (stage, status, amount, currency, opened, won, lost) in enumerate(DEALS)
    )  # fmt: skip
    return [*Deal.objects.order_by("pk")]


def window(school: Organization, person: User | None = None, days: tuple[str, str] | None = None) -> Window:
    first, last = (datetime.fromisoformat(day).date() for day in days) if days else (None, None)
    return Window(school, person.pk if person else None, first, last)


def some(figures: Figures, *names: str) -> tuple[Any, ...]:
    return tuple(figures[name] for name in names)


def test_deals(school: Organization, mila: User) -> None:
    open_deals(school, mila)
    statuses = ("total", "new", "in_progress", "won", "lost", "closed")
    amounts = ("pipeline_amount", "won_amount", "weighted_amount")
    everything = analytics.deals(window(school))
    assert some(everything, *statuses) == (7, 1, 3, 2, 1, 2)
    assert everything["win_rate"] == 0.6667  # 2 / 3
    # 1000 + 2000 + 3000.50, without the dollars; 4000 + 5000; 1000 × 0.1 + 2000 × 0.4 + 3000.50 × 0.7
    assert [str(amount) for amount in some(everything, *amounts)] == ["6000.50", "9000.00", "3000.35"]
    november = analytics.deals(window(school, days=NOVEMBER))
    assert some(november, *statuses) == (5, 0, 3, 2, 1, 1)
    assert [str(amount) for amount in some(november, *amounts)] == ["5000.50", "9000.00", "2900.35"]
    hers = analytics.deals(window(school, mila))
    assert some(hers, *statuses) == (3, 1, 1, 1, 0, 0)
    assert hers["win_rate"] == 1.0
    assert [str(amount) for amount in some(hers, *amounts)] == ["4000.50", "4000.00", "2200.35"]


def test_a_day_is_the_organisations_own(school: Organization, mila: User) -> None:
    """The deal was won in Moscow at 23:30 on the last of November; further east it was December already."""
    open_deals(school, mila)
    assert analytics.deals(window(school, days=NOVEMBER))["won_amount"] == 9000
    school.time_zone = "Asia/Almaty"
    assert analytics.deals(window(school, days=NOVEMBER))["won_amount"] == 5000
    school.time_zone = "Europe/London"
    # Midnight in Moscow was still the day before: the deal of 00:10 comes in, and that of 00:00 falls out.
    assert some(analytics.deals(window(school, days=NOVEMBER)), "new", "in_progress") == (1, 2)


def test_the_funnel(school: Organization, mila: User) -> None:
    open_deals(school, mila)
    steps = analytics.funnel(window(school))["stages"]
    assert [some(step, "stage", "count", "conversion", "open") for step in steps] == [
        ("qualification", 7, None, 1),  # all of them, the lost one too
        ("proposal", 5, 0.7143, 2),  # 2 there + 1 in negotiation + 2 won; 5 / 7
        ("negotiation", 3, 0.6, 1),  # 1 there + 2 won; 3 / 5
        ("closed", 2, 0.6667, 0),  # 2 won; 2 / 3
    ]
    assert [str(step["amount"]) for step in steps] == ["21000.50", "14000.50", "12000.50", "9000.00"]
    assert [str(step["open_amount"]) for step in steps] == ["1000.00", "2000.00", "3000.50", "0.00"]
    november = analytics.funnel(window(school, days=NOVEMBER))["stages"]  # the deals opened in it
    assert [step["count"] for step in november] == [5, 4, 2, 1]
    assert [step["count"] for step in analytics.funnel(window(school, mila))["stages"]] == [3, 2, 2, 1]


def test_a_won_deal_has_reached_a_stage_that_was_added_later(school: Organization, mila: User) -> None:
    open_deals(school, mila)
    Stage.objects.create(organization=school, slug="paid", name="Оплачено", position=9, probability=100)
    assert [step["count"] for step in analytics.funnel(window(school))["stages"]] == [7, 5, 3, 2, 2]


def test_tasks(school: Organization, mila: User) -> None:
    due = [  # the last moment of yesterday, the first of today and of tomorrow, and one that is done
        ("todo", "2026-11-30 23:59"), ("in_progress", "2026-12-01 00:00"), ("todo", "2026-12-02 00:00"),
        ("done", "2026-11-01 12:00"),
    ]  # fmt: skip
    Task.objects.bulk_create(
        Task(
            organization=school, title="Позвонить", status=status, due_at=moscow(at),
            done_at=moscow(at) if status == "done" else None,
            assignee=mila if status == "todo" else None, created_by=mila if status == "done" else None,
        )
        for status, at in due
    )  # fmt: skip
    names = ("total", "todo", "in_progress", "done", "overdue", "due_today", "completion_rate")
    assert some(analytics.tasks(window(school)), *names) == (4, 2, 1, 1, 1, 1, 0.25)
    assert some(analytics.tasks(window(school, days=NOVEMBER)), *names) == (2, 1, 0, 1, 1, 0, 0.5)
    assert some(analytics.tasks(window(school, mila)), *names) == (3, 2, 0, 1, 1, 0, 0.3333)
    school.time_zone = "America/New_York"  # it is 4 in the morning of December 1 there, and all are due on it or before
    assert some(analytics.tasks(window(school)), *names) == (4, 2, 1, 1, 2, 1, 0.25)
    assert analytics.tasks(window(school))["overdue"] == Task.objects.overdue(school).count()


def test_contacts(school: Organization, mila: User) -> None:
    made = ["2026-11-01 23:59", "2026-11-02 00:00", "2026-12-01 11:00"]  # thirty days: from November 2
    for number, at in enumerate(made):
        contact = ContactFactory(organization=school, owner=mila if number else None)
        Contact.objects.filter(pk=contact.pk).update(created_at=moscow(at))
    names = ("total", "new_30d")
    assert some(analytics.contacts(window(school)), *names) == (3, 2)
    assert some(analytics.contacts(window(school, days=NOVEMBER)), *names) == (2, 2)
    assert some(analytics.contacts(window(school, mila)), *names) == (2, 2)


def test_activities(school: Organization, mila: User) -> None:
    hers = ContactFactory(organization=school, owner=mila)
    lines: list[tuple[str, str, dict[str, Any]]] = [
        ("call", "2026-11-30 23:59", {"author": mila}), ("call", "2026-12-01 00:00", {"contact": hers, "contact_owner": mila}),
        ("email", "2026-11-05 12:00", {}), ("meeting", "2026-11-05 12:00", {}), ("note", "2026-11-05 12:00", {}),
        ("status_changed", "2026-11-05 12:00", {"author": mila}),
    ]  # fmt: skip
    Activity.objects.bulk_create(
        Activity(organization=school, kind=kind, happened_at=moscow(at), **about) for kind, at, about in lines
    )
    names = ("total", "calls", "emails", "meetings", "notes")
    assert some(analytics.activities(window(school)), *names) == (5, 2, 1, 1, 1)
    assert some(analytics.activities(window(school, days=NOVEMBER)), *names) == (4, 1, 1, 1, 1)
    assert some(analytics.activities(window(school, mila)), *names) == (2, 2, 0, 0, 0)


@pytest.fixture
def course(school: Organization) -> Course:
    """Ten seats, three of them taken; three ratings in four reviews."""
    course = CourseFactory(organization=school, title="Ботаника", capacity=10, price="4900.00")
    for status in ("applied", "accepted", "accepted", "completed", "cancelled"):
        EnrolmentFactory(course=course, status=status, applied_at=moscow("2026-11-30 23:30"))
    Course.objects.filter(pk=course.pk).update(reviews=4, ratings=3, ratings_sum=14)
    return course


def test_courses(school: Organization, course: Course, mila: User) -> None:
    unlimited = CourseFactory(organization=school, status="archived")
    CourseFactory(organization=school, status="draft")
    assert set(analytics.courses_of(window(school))) == {course, unlimited}
    keys = [course.pk, unlimited.pk]
    empty, full = analytics.courses(window(school), keys)["results"]
    names = ("applied", "accepted", "completed", "reviews", "rating", "seats_left", "unsold_value")
    assert some(full, *names) == (1, 2, 1, 4, 4.67, 7, Decimal("34300.00"))  # 14 / 3; 7 × 4900
    assert some(empty, *names) == (0, 0, 0, 0, None, None, None)
    october = analytics.courses(window(school, days=("2026-10-01", "2026-10-31")), keys)["results"][1]
    assert some(october, *names) == (0, 0, 0, 4, 4.67, 7, Decimal("34300.00"))
    assert list(analytics.courses_of(window(school, mila))) == []
    deal = open_deals(school, mila)[2]
    Deal.objects.filter(pk=deal.pk).update(course=course, enrolment=Enrolment.objects.get(status="completed"))
    assert list(analytics.courses_of(window(school, mila))) == [course]
    (hers,) = analytics.courses(window(school, mila), keys)["results"]
    assert some(hers, "applied", "accepted", "completed", "seats_left") == (0, 0, 1, 7)


def test_nothing_to_divide_by(school: Organization) -> None:
    figures = analytics.summary(window(school))
    assert figures["deals"]["win_rate"] is None
    assert figures["tasks"]["completion_rate"] is None
    assert figures["deals"]["weighted_amount"] == 0
    assert [step["conversion"] for step in analytics.funnel(window(school))["stages"]] == [None] * 4
    Stage.objects.all().delete()
    assert analytics.funnel(window(school))["stages"] == []
