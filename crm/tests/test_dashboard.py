"""The admin's first page: the figures of one's organisation, and of no other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from sales.factories import DealFactory, TaskFactory
from sales.models import Stage
from sales.models.work import start_of_day

Browse = Callable[..., Client]


def fill(school: Organization, owner: User | None = None) -> None:
    DealFactory(organization=school, owner=owner, amount="1234.50")
    for days in (-1, 0, 1):
        due_at = start_of_day(school, days=days) + timedelta(hours=23)
        TaskFactory(organization=school, assignee=owner, due_at=due_at, title=f"Позвонить {days}")
    CourseFactory(organization=school, title="Ботаника", capacity=10, starts_on=start_of_day(school).date())


@pytest.mark.sweep
def test_every_role_sees_its_reach_and_nobody_anothers(school: Organization, browse: Browse) -> None:
    mila = member(Role.MEMBER, school)
    fill(school, mila)
    fill(school)
    roles = (Role.SALES, Role.VIEWER, Role.MEMBER)
    seen = {str(role): browse(member(role, school)).get("/admin/").context["dashboard"] for role in roles}
    seen["mila"] = browse(mila).get("/admin/").context["dashboard"]
    seen["stranger"] = browse(member(Role.OWNER, OrganizationFactory())).get("/admin/").context["dashboard"]
    totals = {who: (figures["deals"]["total"], figures["tasks"]["overdue"]) for who, figures in seen.items()}
    assert totals == {"sales": (2, 2), "viewer": (2, 2), "member": (0, 0), "mila": (1, 1), "stranger": (0, 0)}
    assert [len(seen[who]["courses"]) for who in ("viewer", "mila", "stranger")] == [2, 2, 0]
    nobody = browse(UserFactory(is_staff=True)).get("/admin/")
    assert nobody.context["dashboard"] is None
    assert b"figures" not in nobody.content


@pytest.mark.sweep
def test_the_organisation_is_picked_in_the_address(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    assert b"<select" not in client.get("/admin/").content
    second = MembershipFactory(user=manager, organization=OrganizationFactory(name="Школа Б")).organization
    foreign = OrganizationFactory()
    fill(second)
    for asked, chosen in {str(second.pk): second, "": school, str(foreign.pk): school, "²": school}.items():
        page = client.get("/admin/", {"organization": asked})
        assert page.context["dashboard"]["organization"] == chosen, asked
        assert f'<option value="{chosen.pk}" selected>' in page.content.decode()
    assert foreign.name not in page.content.decode()


def test_the_page_says_in_words_what_it_draws(school: Organization, manager: User, browse: Browse) -> None:
    fill(school)
    page = browse(manager).get("/admin/").content.decode()
    for text in ("1,234.50\u00a0₽", "123.45\u00a0₽", "nothing is won or lost yet", "Ботаника", "10 / 10", "0%"):
        assert text in page, text
    assert page.count('<svg class="bar"') == 9  # four stages twice, and a course
    assert page.count("<table aria-labelledby") == 5
    assert " style=" not in page


def test_drawings_have_their_numbers_in_every_language(school: Organization, manager: User, browse: Browse) -> None:
    for stage in (0, 0, 1):
        DealFactory(organization=school, stage=Stage.objects.of(school.pk)[stage])
    for language in ("en", "ru"):
        page = browse(manager).get("/admin/", headers={"accept-language": language}).content.decode()
        assert '<rect x="33.5" width="33"' in page  # a third of the funnel, in its middle


@pytest.mark.sweep
@pytest.mark.parametrize(("list_", "title"), [("overdue_list", "Позвонить -1"), ("today_list", "Позвонить 0")])
def test_the_numbers_of_tasks_lead_to_the_tasks(
    school: Organization, manager: User, browse: Browse, list_: str, title: str
) -> None:
    fill(school)
    fill(MembershipFactory(user=manager, organization=OrganizationFactory()).organization)
    done = TaskFactory(organization=school, due_at=start_of_day(school) - timedelta(days=3))
    type(done).objects.filter(pk=done.pk).update(status="done", done_at=timezone.now())
    client = browse(manager)
    figures = client.get("/admin/", {"organization": school.pk}).context["dashboard"]["tasks"]
    shown = client.get(figures[list_]).context["cl"].result_list
    assert [(task.title, task.organization) for task in shown] == [(title, school)]


def test_the_number_of_queries_is_the_same_at_any_size(school: Organization, browse: Browse, settings: Any) -> None:
    settings.ANALYTICS_TTL = 0
    client = browse(member(Role.MEMBER, school))
    for _size in range(2):
        fill(school)
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/")
        # Session, user, roles, organisations, latest actions; deals 2, funnel 2, tasks, courses.
        assert len(queries) == 11


def test_the_page_and_the_api_show_the_same_figures(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    shown = client.get("/admin/").context["dashboard"]
    fill(school)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/analytics/deals").json()["total"] == shown["deals"]["total"] == 0
        assert client.get("/admin/").context["dashboard"] == shown
    assert len(queries) == 4 + 5  # who asks, and nothing about sales
