"""Figures over HTTP: for whom, of which days, and kept for whom."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import NONE, ORG, OWN, Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Stage
from sales.window import reach

Api = Callable[..., Any]
ENDPOINTS = ["summary", "deals", "funnel", "tasks", "contacts", "activities", "courses"]


def total(body: dict[str, Any]) -> Any:
    """How many rows the figures of any endpoint are about."""
    if "results" in body:
        return len(body["results"])
    return body["stages"][0]["count"] if "stages" in body else body.get("deals", body)["total"]


def fill(school: Organization, owner: User | None, times: int = 1) -> None:
    for _ in range(times):
        contact = ContactFactory(organization=school, owner=owner)
        enrolment = EnrolmentFactory(course=CourseFactory(organization=school, capacity=9))
        DealFactory(organization=school, contact=contact, owner=owner, course=enrolment.course, enrolment=enrolment)
        TaskFactory(organization=school, assignee=owner)
        ActivityFactory(organization=school, author=owner)


def test_every_role_has_its_reach(school: Organization, student: User) -> None:
    reached = {role: reach(member(role, school), school) for role in Role}
    assert reached == dict.fromkeys(Role, ORG) | {Role.MEMBER: OWN}
    assert reach(student, school) == NONE


@pytest.mark.sweep
def test_nobody_sees_anothers_figures(school: Organization, api: Api) -> None:
    """In one go and with one cache, so that an answer kept for one of them would show up at another."""
    mila = member(Role.MEMBER, school)
    fill(school, mila)
    fill(school, None)
    users = {member(Role.VIEWER, school): 2, mila: 1, member(Role.MEMBER, school): 0}
    clients = {api(user): expected for user, expected in users.items()}
    clients[api(member(Role.OWNER, OrganizationFactory()))] = 0
    for name in ENDPOINTS:
        for client, expected in clients.items():
            assert total(client.call("get", f"/analytics/{name}", 200)) == expected, name


@pytest.mark.sweep
def test_who_has_no_role_sees_nothing(school: Organization, student: User, api: Api) -> None:
    fill(school, None)
    header = {"X-Organization-Id": str(school.pk)}
    foreign, lost, visitor = api(member(Role.OWNER, OrganizationFactory())), api(student), api()
    root = api(UserFactory(is_superuser=True))
    for name in ENDPOINTS:
        path = f"/analytics/{name}"
        assert lost.call("get", path, 403)["code"] == "not_a_member"
        assert foreign.call("get", path, 403, **header)["code"] == "not_a_member"
        assert visitor.call("get", path, 401)["code"] == "not_authenticated"
        assert total(root.call("get", path, 200, **header)) == 1


def test_who_works_in_two_names_one(school: Organization, manager: User, api: Api) -> None:
    second = MembershipFactory(user=manager, organization=OrganizationFactory(), role=Role.MEMBER).organization
    fill(school, None)
    api(manager).call("get", "/analytics/deals", 400)
    shown = {
        pk: total(api(manager).call("get", "/analytics/deals", 200, **{"X-Organization-Id": str(pk)}))
        for pk in (school.pk, second.pk)
    }
    assert shown == {school.pk: 1, second.pk: 0}


@pytest.mark.sweep
def test_figures_are_kept_for_a_minute_for_each_period(school: Organization, manager: User, api: Api) -> None:
    get = api(manager).call
    fill(school, None)
    with time_machine.travel("2026-11-21T12:00:00+03:00", tick=False) as clock:
        first = {name: get("get", f"/analytics/{name}", 200) for name in ENDPOINTS}
        assert {body["computed_at"] for body in first.values()} == {"2026-11-21T09:00:00Z"}
        fill(school, None)
        clock.shift(timedelta(seconds=59))
        for name in ENDPOINTS[:-1]:
            assert get("get", f"/analytics/{name}", 200) == first[name]
        assert get("get", "/analytics/deals?to=2026-11-21", 200)["total"] == 2
        clock.shift(timedelta(seconds=2))
        for name in ENDPOINTS:
            again = get("get", f"/analytics/{name}", 200)
            assert (total(again), again["computed_at"]) == (2, "2026-11-21T09:01:01Z"), name


def test_a_page_of_courses_is_kept_too(school: Organization, manager: User, api: Api) -> None:
    get, course = api(manager).call, CourseFactory(organization=school)
    asked = []
    for period in ("", "", "?from=2020-01-01"):
        asked.append(get("get", f"/analytics/courses{period}", 200)["results"][0]["applied"])
        EnrolmentFactory(course=course)
    assert asked == [0, 0, 2]


def test_a_ttl_of_zero_keeps_nothing(school: Organization, manager: User, api: Api, settings: Any) -> None:
    settings.ANALYTICS_TTL = 0
    for number in range(3):
        assert api(manager).call("get", "/analytics/deals", 200)["total"] == number
        DealFactory(organization=school)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("period", "field"),
    [
        ("from=2026-11-02&to=2026-11-01", "to"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("to=01.11.2026", "to"),
        ("from=0001-01-01", "from"),
        ("to=9999-12-31", "to"),
        ("to=%00", "to"),
    ],
)
def test_a_period_that_is_none_is_refused(manager: User, api: Api, period: str, field: str) -> None:
    for name in ("deals", "courses"):
        body = api(manager).call("get", f"/analytics/{name}?{period}", 422)
        assert [error["field"] for error in body["errors"]] == [field]


@pytest.mark.sweep
def test_either_day_may_be_missing_and_both_count(manager: User, school: Organization, api: Api) -> None:
    with time_machine.travel("2026-11-20T23:30:00+03:00", tick=False):
        fill(school, None)
    get = api(manager).call
    periods = {
        "from=2026-11-20&to=2026-11-20": 1, "to=2026-11-20": 1, "from=2026-11-20": 1, "from=&to=": 1,
        "to=2026-11-19": 0, "from=2026-11-21": 0, "from=1970-01-01&to=2999-12-31": 1,
    }  # fmt: skip
    for period, expected in periods.items():
        assert total(get("get", f"/analytics/summary?{period}", 200)) == expected, period
    for name in ("funnel", "contacts"):
        assert total(get("get", f"/analytics/{name}?to=2026-11-19", 200)) == 0


def test_money_is_text_with_its_currency_and_a_ratio_a_number(school: Organization, manager: User, api: Api) -> None:
    DealFactory(organization=school, amount="0.10")
    DealFactory(organization=school, amount="0.20", stage=Stage.objects.of(school.pk)[1])
    body = api(manager).call("get", "/analytics/deals", 200)
    amounts = ("pipeline_amount", "won_amount", "weighted_amount", "currency", "win_rate")
    assert [body[name] for name in amounts] == ["0.30", "0.00", "0.09", "RUB", None]
    stages = api(manager).call("get", "/analytics/funnel", 200)["stages"]
    assert (stages[1]["amount"], stages[1]["conversion"]) == ("0.20", 0.5)


def test_courses_come_in_pages(school: Organization, manager: User, api: Api) -> None:
    made = [CourseFactory(organization=school).pk for _ in range(3)]
    seen, path = [], "/analytics/courses?page_size=2&from=2026-01-01"
    while path:
        page = api(manager).call("get", path, 200)
        seen += [row["course"]["id"] for row in page["results"]]
        assert page["computed_at"]
        path = (page["next"] or "").partition("/api/v1")[2]
    assert seen == made[::-1]
    assert api(manager).call("get", "/analytics/courses?cursor=x", 422)["errors"][0]["field"] == "cursor"


@pytest.mark.sweep
def test_the_number_of_queries_is_the_same_at_any_size(
    school: Organization, manager: User, api: Api, settings: Any
) -> None:
    settings.ANALYTICS_TTL = 0
    mila = member(Role.MEMBER, school)
    clients = [api(manager), api(mila)]
    own = {"summary": 5, "deals": 2, "funnel": 2, "tasks": 1, "contacts": 1, "activities": 1, "courses": 3}
    for size in (1, 2):
        fill(school, mila, times=size)
        for client, name in product(clients, ENDPOINTS):
            with CaptureQueriesContext(connection) as queries:
                client.call("get", f"/analytics/{name}", 200)
            assert len(queries) == 4 + own[name], (name, size)  # session, user, roles, organisation, and its own
