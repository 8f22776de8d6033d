"""Tasks by the organisation's days, stages for leaders, activities to be read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from sales.factories import ActivityFactory, DealFactory, TaskFactory
from sales.models import Activity, Stage, Task

Browse = Callable[..., Client]
LIST = "/admin/sales/task/"
VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")


@pytest.mark.sweep
def test_tasks_are_listed_by_the_days_of_the_organisation(school: Organization, manager: User, browse: Browse) -> None:
    Organization.objects.update(time_zone="Asia/Vladivostok")
    wednesday = datetime(2026, 3, 11, 12, tzinfo=VLADIVOSTOK)
    for title, due in {
        "вчера": wednesday - timedelta(hours=13), "сегодня": wednesday + timedelta(hours=11),
        "завтра": wednesday + timedelta(hours=13), "через неделю": wednesday + timedelta(days=7),
    }.items():  # fmt: skip
        TaskFactory(organization=school, title=title, due_at=due)
    TaskFactory(organization=school, title="сделано", due_at=wednesday, status="done", done_at=wednesday)
    client = browse(manager)
    with time_machine.travel(wednesday, tick=False):
        client.force_login(manager)
        for query, wanted in {
            "": ["вчера", "сегодня", "завтра", "через неделю"], "due=overdue": ["вчера"], "due=today": ["сегодня"],
            "due=week": ["вчера", "сегодня", "завтра"], "due=done": ["сделано"],
        }.items():  # fmt: skip
            page = client.get(f"{LIST}?{query}")
            assert [row.title for row in page.context["cl"].result_list] == wanted, query
        shown = client.get(LIST).content.decode()
    assert shown.count('class="overdue"') == 1
    assert "11 p.m. +10" in shown or "23:00 +10" in shown


@pytest.mark.sweep
def test_a_due_time_is_typed_where_the_organisation_is(school: Organization, manager: User, browse: Browse) -> None:
    Organization.objects.update(time_zone="Asia/Vladivostok")
    client, deal = browse(manager), DealFactory(organization=school)
    year = timezone.now().year + 1
    sent = {"organization": school.pk, "title": "Позвонить", "due_at_0": f"{year}-05-01", "due_at_1": "09:00"}
    assert client.post(f"{LIST}add/", sent | {"deal": deal.pk, "assignee": manager.pk}).status_code == 302
    task = Task.objects.get()
    assert task.due_at == datetime(year, 4, 30, 23, tzinfo=UTC)
    assert (task.contact, task.created_by, task.assignee) == (deal.contact, manager, manager)
    address = f"{LIST}{task.pk}/change/"
    assert 'value="09:00:00"' in client.get(address).content.decode()
    same = {"title": "Позвонить", "due_at_0": f"{year}-05-01", "due_at_1": "09:00:00", "status": "in_progress"}
    client.post(address, same | {"assignee": manager.pk})
    assert (Task.objects.get().due_at, Task.objects.get().status) == (task.due_at, "in_progress")
    for bad in ({"due_at_0": "2001-01-01"}, {"due_at_0": "9999-12-31"}, {"due_at_0": "0001-01-01"}):
        assert "due_at" in client.post(address, same | bad).context["adminform"].form.errors


@pytest.mark.sweep
def test_done_is_a_verb_and_own_tasks_are_for_members(school: Organization, manager: User, browse: Browse) -> None:
    me, sales = member(Role.MEMBER, school), member(Role.SALES, school)
    mine = TaskFactory(organization=school, assignee=me, title="Моя")
    other = TaskFactory(organization=school, assignee=manager, title="Чужая")
    client = browse(me)
    assert [row.title for row in client.get(LIST).context["cl"].result_list] == ["Моя"]
    client.post(f"{LIST}{mine.pk}/do/finish/")
    assert client.post(f"{LIST}{other.pk}/do/finish/").status_code == 404
    assert browse(sales).post(f"{LIST}{other.pk}/do/finish/").status_code == 403
    assert "/do/finish/" not in browse(sales).get(f"{LIST}{other.pk}/change/").content.decode()
    assert [Task.objects.get(pk=row.pk).status for row in (mine, other)] == ["done", "todo"]
    browse(manager).post(LIST, {"action": "finish", "_selected_action": [other.pk]})
    assert Task.objects.get(pk=other.pk).done_at
    browse(manager).post(f"{LIST}{other.pk}/delete/", {"post": "yes"})
    assert Activity.objects.filter(kind="task_deleted").exists()


@pytest.mark.sweep
def test_stages_are_for_leaders(school: Organization, manager: User, browse: Browse) -> None:
    used = DealFactory(organization=school).stage
    leader, free = browse(member(Role.ADMIN, school)), Stage.objects.get(slug="proposal")
    shown = leader.get("/admin/sales/stage/").context["cl"].result_list
    assert [stage.slug for stage in shown] == ["qualification", "proposal", "negotiation", "closed"]
    change = f"/admin/sales/stage/{free.pk}/change/"
    for bad in ({"probability": "101"}, {"position": "-1"}, {"name": ""}):
        page = leader.post(change, {"name": "Оплата", "position": "5", "probability": "50"} | bad)
        assert set(page.context["adminform"].form.errors) == set(bad)
    leader.post(change, {"name": "Оплата", "position": "5", "probability": "50", "slug": "other"})
    free.refresh_from_db()
    assert (free.name, free.position, free.probability, free.slug) == ("Оплата", 5, 50, "proposal")
    refused = leader.post(f"/admin/sales/stage/{used.pk}/delete/", {"post": "yes"}, follow=True)
    assert "move them first" in refused.content.decode()
    leader.post(f"/admin/sales/stage/{free.pk}/delete/", {"post": "yes"})
    assert not Stage.objects.filter(pk=free.pk).exists()
    assert browse(manager).get("/admin/sales/stage/").status_code == 200
    assert browse(manager).post(change, {"name": "Иначе"}).status_code in (302, 403)


@pytest.mark.sweep
def test_activities_are_only_read(school: Organization, manager: User, browse: Browse) -> None:
    line = ActivityFactory(organization=school, author=manager)
    ActivityFactory(organization=school, kind="call")
    for role in (Role.OWNER, Role.MANAGER):
        client = browse(member(role, school))
        address = f"/admin/sales/activity/{line.pk}"
        assert client.get(f"{address}/change/").status_code == 200
        assert client.post(f"{address}/change/", {"text": "иначе"}).status_code == 403
        assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
        assert client.get("/admin/sales/activity/add/").status_code == 403
    for query, amount in {"": 2, "author=mine": 1, "kind__exact=call": 1}.items():
        assert len(browse(manager).get(f"/admin/sales/activity/?{query}").context["cl"].result_list) == amount
