"""/tasks of the API: shapes, values, filters, and whose they are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from sales.factories import ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Task
from sales.tests.bad_values import rounds

Api = Callable[..., Any]
LATER = "2100-01-01T12:00:00+03:00"


@pytest.mark.sweep
def test_a_task_is_set_done_and_taken_away(school: Organization, manager: User, api: Api) -> None:
    deal, client = DealFactory(organization=school), api(manager)
    body = client.call("post", "/tasks", 201, {"title": "Позвонить", "due_at": LATER, "deal": deal.pk, "id": 9})
    assert set(body) == {
        "id", "title", "due_at", "status", "assignee", "created_by", "deal", "contact", "overdue", "done_at",
        "created_at",
    }  # fmt: skip
    assert (body["due_at"], body["status"], body["overdue"]) == ("2100-01-01T09:00:00Z", "todo", False)
    assert body["assignee"] == body["created_by"] == {"id": manager.pk, "name": "Марина"}
    assert body["deal"] == {"id": deal.pk, "title": deal.title}
    assert body["contact"] == {"id": deal.contact.pk, "name": deal.contact.name}
    path, other = f"/tasks/{body['id']}", DealFactory(organization=school)
    done = client.call("patch", path, 200, {"status": "done", "deal": other.pk, "contact": None, "done_at": None})
    assert done["done_at"]
    assert (done["deal"], done["contact"], done["status"]) == (body["deal"], body["contact"], "done")
    assert client.call("get", path, 200) == done
    assert client.call("post", "/tasks", 201, {"title": "x", "due_at": LATER, "assignee": None})["assignee"] is None
    client.call("delete", path, 204)
    assert Activity.objects.filter(kind="task_deleted").exists()


BAD: dict[str, list[Any]] = {
    "title": ["", "a\nb", "x" * 201, None],
    "due_at": [None, "завтра", "0001-01-01T00:00:00+14:00", 1],
    "status": ["gone", None],
    "assignee": [10**9, "x"],
}


@pytest.mark.sweep
def test_bad_values_are_422_and_write_nothing(school: Organization, manager: User, api: Api) -> None:
    task, client = TaskFactory(organization=school), api(manager)
    other, deal = ContactFactory(organization=school), DealFactory(organization=school)
    before, good = list(Task.objects.values()), {"title": "Позвонить", "due_at": LATER}
    for method, path, fine in (("post", "/tasks", good), ("patch", f"/tasks/{task.pk}", {})):
        for sent in [*rounds(BAD), {"due_at": "2001-01-01T00:00:00Z"}]:
            body = client.call(method, path, 422, fine | sent)
            assert {error["field"] for error in body["errors"]} == set(sent), sent
    for more in ({"contact": 10**9}, {"deal": 10**9}, {"deal": deal.pk, "contact": other.pk}):
        client.call("post", "/tasks", 422, good | more)
    assert list(Task.objects.values()) == before


@pytest.mark.sweep
@time_machine.travel(datetime(2026, 3, 10, 20, 30, tzinfo=UTC), tick=False)
def test_filters_of_tasks_and_the_end_of_the_day_where_the_school_is(
    school: Organization, manager: User, api: Api
) -> None:
    """In Moscow it is 23:30 of the 10th; half an hour later the 11th has begun."""
    yesterday, today, done = (
        TaskFactory(organization=school, due_at=timezone.now() - timedelta(hours=hours), **more).pk
        for hours, more in ((24, {}), (1, {"assignee": manager}), (48, {"status": "done", "done_at": timezone.now()}))
    )
    about = TaskFactory(organization=school, deal=DealFactory(organization=school))
    about.contact = about.deal.contact
    about.save()

    def found(query: str) -> list[int]:
        return [row["id"] for row in api(manager).call("get", f"/tasks?{query}", 200)["results"]]

    assert found("") == [done, yesterday, today, about.pk]
    assert found("overdue=true") == [yesterday]
    assert found("overdue=false") == [done, today, about.pk]
    assert found("status=done") == [done]
    assert found(f"assignee={manager.pk}") == [today]
    assert found(f"deal={about.deal_id}") == found(f"contact={about.contact_id}") == [about.pk]
    for bad in ("overdue=maybe", "status=gone", "assignee=x", "deal=0"):
        api(manager).call("get", f"/tasks?{bad}", 422)
    with time_machine.travel(datetime(2026, 3, 10, 21, 0, tzinfo=UTC), tick=False):
        assert found("overdue=true") == [yesterday, today]


def test_a_member_hands_a_task_over_and_keeps_it_in_view(school: Organization, api: Api) -> None:
    person, colleague = member(Role.MEMBER, school), member(Role.SALES, school)
    own = api(person).call("post", "/tasks", 201, {"title": "x", "due_at": LATER, "assignee": colleague.pk})
    api(colleague).call("patch", f"/tasks/{own['id']}", 200, {"status": "in_progress"})
    api(colleague).call("patch", f"/tasks/{own['id']}", 403, {"assignee": person.pk})
    assert Task.objects.get().assignee == colleague
