"""Nothing of organisation B is read, counted, searched, filtered by, referenced or changed from organisation A."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from sales import serializers
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Contact, ContactWord, Deal, Stage, Task
from sales.tests.routes import KEY, related_fields, routes

Api = Callable[..., Any]
MODELS = (Contact, ContactWord, Deal, Stage, Task, Activity)
SENT: dict[str, dict[str, Any]] = {  # a body that would do in one's own organisation
    "contacts": {"name": "Ирина"},
    "deals": {"title": "Сделка"},
    "tasks": {"title": "Позвонить", "due_at": "2100-01-01T00:00:00Z"},
    "stages": {"slug": "demo", "name": "Показ", "position": 2, "probability": 50},
    "timeline": {"kind": "note", "text": "Перезвонить"},
    "move": {"stage": "proposal"},
    "lose": {"reason": "дорого"},
}


@pytest.fixture
def foreign() -> dict[str, Any]:
    """A row of everything in organisation B, by the names that fields and filters have for it."""
    school = OrganizationFactory()
    person = member(Role.OWNER, school, user__name="Чужой")
    contact = ContactFactory(organization=school, owner=person, name="Секрет", email="secret@people.example")
    course = CourseFactory(organization=school, status=Course.Status.DRAFT)
    deal = DealFactory(organization=school, contact=contact, owner=person, course=course)
    Stage.objects.create(organization=school, slug="secret", name="Секрет", position=9, probability=9)
    people = dict.fromkeys(["owner", "assignee", "author"], person)
    return people | {
        "contact": contact,
        "other": contact,
        "course": course,
        "deal": deal,
        "task": TaskFactory(organization=school, deal=deal, contact=contact, assignee=person),
        "activity": ActivityFactory(organization=school, deal=deal, contact=contact, author=person),
        "stage": Stage.objects.of(school.pk)[0],
        "organization": school,
    }


def callers(school: Organization, other: Organization) -> dict[str, User]:
    """Each role, somebody who works in both organisations, and somebody who works in neither."""
    people: dict[str, User] = {role: member(role, school) for role in Role}
    return people | {"both": works_in_both(school, other), "stranger": UserFactory()}


def works_in_both(school: Organization, other: Organization) -> User:
    person = member(Role.OWNER, school)
    MembershipFactory(user=person, organization=other, role=Role.OWNER)
    return person


def snapshot() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in MODELS]


def body_of(path: str) -> dict[str, Any]:
    words = path.strip("/").split("/")
    return SENT.get(words[-1]) or SENT.get(words[0], {})


@pytest.mark.sweep
def test_no_row_of_another_organisation_is_reached(school: Organization, foreign: dict[str, Any], api: Api) -> None:
    here = {"X-Organization-Id": str(school.pk)}
    there = {"X-Organization-Id": str(foreign["organization"].pk)}
    before, people = snapshot(), callers(school, foreign["organization"])
    for name, person in people.items():
        client, outside = api(), name == "stranger"
        client.force_authenticate(person)  # no session: a third of the time of three hundred requests
        for route in routes():
            row: Model = foreign[str(route.model._meta.model_name)]
            path, sent = route.path.replace(KEY, str(row.pk)), body_of(route.path)
            if route.is_detail:
                client.call(route.method, path, 403 if outside else 404, sent, **here)
            elif route.method == "get":
                answer = client.call("get", path, 403 if outside else 200, **here)
                assert "Секрет" not in str(answer), (name, route)
            if not route.is_detail and name != "both":
                assert client.call(route.method, path, 403, sent, **there)["code"] == "not_a_member", (name, route)
    assert snapshot() == before


@pytest.mark.sweep
def test_no_filter_finds_a_row_of_another_organisation(school: Organization, foreign: dict[str, Any], api: Api) -> None:
    mine = DealFactory(organization=school)
    TaskFactory(organization=school, deal=mine)
    ActivityFactory(organization=school, contact=mine.contact)
    asked, client = 0, api(works_in_both(school, foreign["organization"]))
    here = {"X-Organization-Id": str(school.pk)}
    for route in routes():
        for name in route.key_filters if route.action == "list" else []:
            answer = client.call("get", f"{route.path}?{name}={foreign[name].pk}", 200, **here)
            assert answer == {"next": None, "previous": None, "results": []}, (route, name)
            asked += 1
    assert asked == 10
    assert client.call("get", "/contacts?search=секрет", 200, **here)["results"] == []
    unknown = [client.call("get", f"/deals?stage={slug}", 422, **here)["errors"] for slug in ("secret", "nowhere")]
    assert [error[0]["code"] for error in unknown] == ["invalid_choice", "invalid_choice"]


@pytest.mark.sweep
def test_a_body_cannot_name_a_row_of_another_organisation(
    school: Organization, foreign: dict[str, Any], api: Api
) -> None:
    """The answer is the same as for a row that does not exist."""
    contact, task = ContactFactory(organization=school), TaskFactory(organization=school)
    deal, here = DealFactory(organization=school, contact=contact), {"X-Organization-Id": str(school.pk)}
    bodies: list[tuple[Any, str, str]] = [
        (serializers.ContactSerializer, "post", "/contacts"),
        (serializers.ContactSerializer, "patch", f"/contacts/{contact.pk}"),
        (serializers.MergeSerializer, "post", f"/contacts/{contact.pk}/merge"),
        (serializers.DealSerializer, "post", "/deals"),
        (serializers.DealChangeSerializer, "patch", f"/deals/{deal.pk}"),
        (serializers.MoveSerializer, "post", f"/deals/{deal.pk}/move"),
        (serializers.TaskSerializer, "post", "/tasks"),
        (serializers.TaskChangeSerializer, "patch", f"/tasks/{task.pk}"),
    ]
    fields = related_fields()
    assert {body for body, _method, _path in bodies} == set(fields)
    before, client = snapshot(), api(works_in_both(school, foreign["organization"]))
    for body, method, path in bodies:
        for name in fields[body]:
            keys = ("secret", "nowhere") if name == "stage" else (foreign[name].pk, 10**9)
            sent = body_of(path) | {"contact": contact.pk}
            answers = [client.call(method, path, 422, sent | {name: key}, **here) for key in keys]
            first, second = (
                str(answer["errors"]).replace(str(key), "") for answer, key in zip(answers, keys, strict=True)
            )
            assert first == second, (path, name)
            assert [error["field"] for error in answers[0]["errors"]] == [name], path
    assert snapshot() == before


@pytest.mark.sweep
def test_every_list_costs_the_same_however_many_rows_it_shows(school: Organization, api: Api) -> None:
    owner = member(Role.OWNER, school)
    deal = DealFactory(organization=school, owner=owner, course=CourseFactory(organization=school))

    def fill(rows: int) -> None:
        for _ in range(rows):
            contact = ContactFactory(organization=school, owner=UserFactory())
            course = CourseFactory(organization=school)
            some = DealFactory(organization=school, contact=contact, owner=UserFactory(), course=course)
            TaskFactory(
                organization=school, deal=some, contact=contact, assignee=UserFactory(), created_by=UserFactory()
            )
            ActivityFactory(organization=school, deal=some, contact=contact, author=UserFactory())
            ActivityFactory(organization=school, deal=deal, contact=deal.contact, author=UserFactory())
            Stage.objects.create(organization=school, slug=f"s{some.pk}", name="x", position=5, probability=1)

    def cost(path: str) -> tuple[int, int]:
        with CaptureQueriesContext(
            connection,
        ) as found:
            rows = client.call("get", path, 200)["results"]
        return len(found), len(rows)

    client = api(owner)
    paths = [
        route.path.replace(KEY, str(deal.pk if route.model is Deal else deal.contact_id))
        for route in routes() if route.is_list
    ]  # fmt: skip
    assert len(paths) == 7
    fill(1)
    few = {path: cost(path) for path in paths}
    fill(9)
    for path in paths:
        queries, rows = cost(path)
        assert rows >= 10
        assert (queries, few[path][1] < rows) == (few[path][0], True), path
        assert queries <= 10, path
