"""Role × action × the API of sales: out of view is 404, in view but not allowed is 403."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from sales.factories import ContactFactory, DealFactory, TaskFactory
from sales.models import Stage
from sales.tests.routes import KEY, routes
from sales.tests.test_isolation_api import SENT, body_of

Api = Callable[..., Any]
# fmt: off
OF_OTHERS = """
                                                            owner admin manager sales member viewer
get     /contacts /deals /tasks /activities                   200   200     200   200    200    200
get     /contacts/{key} /deals/{key} /tasks/{key}             200   200     200   200    404    200
get     /contacts/{key}/timeline /deals/{key}/timeline        200   200     200   200    404    200
post    /contacts /deals /tasks                               201   201     201   201    201    403
patch   /contacts/{key} /deals/{key} /tasks/{key}             200   200     200   403    404    403
delete  /contacts/{key} /deals/{key} /tasks/{key}             204   204     204   403    404    403
post    /contacts/{key}/timeline /deals/{key}/timeline        201   201     201   201    404    403
post    /contacts/{key}/merge                                 200   200     200   403    404    403
post    /deals/{key}/move /deals/{key}/start                  200   200     200   403    404    403
post    /deals/{key}/win /deals/{key}/lose /deals/{key}/close 200   200     200   403    404    403
post    /deals/{key}/reopen                                   200   200     403   403    404    403
post    /deals/{key}/take                                     200   200     200   200    404    403
get     /stages /stages/{key}                                 200   200     200   200    200    200
post    /stages                                               201   201     403   403    403    403
patch   /stages/{key}                                         200   200     403   403    403    403
delete  /stages/{key}                                         204   204     403   403    403    403
"""
OWN = """
                                                                                  sales member viewer
get     /contacts/{key} /deals/{key} /tasks/{key}                                   200    200    200
get     /contacts/{key}/timeline /deals/{key}/timeline                              200    200    200
patch   /contacts/{key} /deals/{key} /tasks/{key}                                   200    200    403
delete  /contacts/{key} /deals/{key} /tasks/{key}                                   403    403    403
post    /contacts/{key}/timeline /deals/{key}/timeline                              201    201    403
post    /contacts/{key}/merge                                                       403    403    403
post    /deals/{key}/move /deals/{key}/start                                        200    200    403
post    /deals/{key}/win /deals/{key}/lose /deals/{key}/close                       200    200    403
post    /deals/{key}/reopen                                                         403    403    403
post    /deals/{key}/take                                                           409    403    403
"""
# fmt: on
LOST = {"status": "lost", "lost_reason": "дорого"}


def cells(table: str) -> Iterator[tuple[str, str, Role, int]]:
    head, *lines = table.strip().splitlines()
    for line in lines:
        method, *words = line.split()
        paths, statuses = words[: -len(head.split())], words[-len(head.split()) :]
        for path in paths:
            for role, status in zip(head.split(), statuses, strict=True):
                yield method, path, Role(role), int(status)


def row_for(path: str, school: Organization, whose: User | None) -> Any:
    """A fresh row that can be asked for what the path says."""
    if path.startswith("/contacts"):
        return ContactFactory(organization=school, owner=whose)
    if path.startswith("/tasks"):
        return TaskFactory(organization=school, assignee=whose)
    if path.startswith("/stages"):
        slug = f"stage-{Stage.objects.count()}"
        return Stage.objects.create(organization=school, slug=slug, name="x", position=3, probability=1)
    lost = LOST | {"lost_at": timezone.now()} if path.endswith(("/close", "/reopen")) else {}
    return DealFactory(organization=school, owner=whose, **lost)


def body_for(path: str, school: Organization, by: User) -> dict[str, Any]:
    if path.startswith("/stages"):
        return SENT["stages"] | {"slug": f"another-{Stage.objects.count()}"}
    field = {"/deals": "contact", f"/contacts/{KEY}/merge": "other"}.get(path)
    related = {field: ContactFactory(organization=school, owner=by).pk} if field else {}
    return body_of(path) | related


@pytest.mark.sweep
def test_every_role_may_what_the_table_says(school: Organization, api: Api) -> None:
    people: dict[Role, Any] = {}
    for role in Role:
        person, client = member(role, school), api()
        client.force_authenticate(person)
        people[role] = (person, client)
    colleague = member(Role.SALES, school)
    for table, is_own in ((OF_OTHERS, False), (OWN, True)):
        for method, path, role, status in cells(table):
            person, client = people[role]
            free = path.endswith("/take") and not is_own
            row = row_for(path, school, person if is_own else None if free else colleague)
            sent = {} if method == "get" else body_for(path, school, person)
            client.call(method, path.replace(KEY, str(row.pk)), status, sent)


def test_the_table_names_every_address() -> None:
    named = {(method, path) for method, path, _role, _status in cells(OF_OTHERS)}
    assert named == {(route.method, route.path) for route in routes()}


@pytest.mark.sweep
def test_a_member_lists_own_rows_alone(school: Organization, api: Api) -> None:
    person, colleague = member(Role.MEMBER, school), member(Role.SALES, school)
    for whose in (person, colleague):
        contact = ContactFactory(organization=school, owner=whose)
        DealFactory(organization=school, owner=whose, contact=contact)
        TaskFactory(organization=school, assignee=whose)
        api(whose).call("post", f"/contacts/{contact.pk}/timeline", 201, SENT["timeline"])
    for path, field in (("/contacts", "owner"), ("/deals", "owner"), ("/tasks", "assignee"), ("/activities", "author")):
        seen = [row[field]["id"] for row in api(person).call("get", path, 200)["results"]]
        assert seen == [person.pk], path
        assert len(api(colleague).call("get", path, 200)["results"]) == 2, path
