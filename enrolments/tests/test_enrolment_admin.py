"""The manager's admin: decisions one by one and in bulk, inside one's own organisations."""

from collections.abc import Callable, Iterable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role
from accounts.factories import MembershipFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment

Browse = Callable[..., Client]
S = Enrolment.Status
LIST = "/admin/enrolments/enrolment/"


def in_bulk(client: Client, verb: str, rows: Iterable[Enrolment]) -> str:
    sent = {"action": verb, "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, sent, follow=True).content.decode()


def statuses(rows: Iterable[Enrolment]) -> list[str]:
    return [Enrolment.objects.get(pk=row.pk).status for row in rows]


@pytest.mark.sweep
def test_a_bulk_decision_refuses_some_and_keeps_the_others(school: Organization, manager: User, browse: Browse) -> None:
    course = CourseFactory(organization=school, capacity=2, requires_approval=True)
    rows = [EnrolmentFactory(course=course, student__name=f"Студент {n}") for n in range(3)]
    rows.append(EnrolmentFactory(course=CourseFactory(organization=school), status=S.REJECTED, student__name="Отказ"))
    page = in_bulk(browse(manager), "accept", rows)
    assert sorted(statuses(rows)) == sorted([S.ACCEPTED, S.ACCEPTED, S.APPLIED, S.REJECTED])
    assert "Accept: 2 rows done." in page
    assert page.count("All seats of this course are taken.") == 1
    assert "cannot get the status" in page
    assert "Отказ" in page


@pytest.mark.sweep
def test_a_row_has_a_button_per_possible_verb(school: Organization, manager: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory(course__organization=school)
    client, address = browse(manager), f"{LIST}{enrolment.pk}"
    page = client.get(f"{address}/change/").content.decode()
    assert all(f"/do/{verb}/" in page for verb in ("accept", "reject", "cancel"))
    assert "/do/complete/" not in page
    done = client.post(f"{address}/do/accept/", follow=True).content.decode()
    assert "/do/complete/" in done
    assert statuses([enrolment]) == [S.ACCEPTED]
    assert Enrolment.objects.get().decided_by == manager
    refused = client.post(f"{address}/do/accept/", follow=True).content.decode()
    assert "cannot get the status" in refused


def test_a_verb_is_never_a_link(school: Organization, manager: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory(course__organization=school)
    assert browse(manager).get(f"{LIST}{enrolment.pk}/do/accept/").status_code == 302
    assert statuses([enrolment]) == [S.APPLIED]
    assert browse(manager).post(f"{LIST}{enrolment.pk}/do/fly/").status_code == 403


@pytest.mark.sweep
def test_other_organisations_are_out_of_sight(school: Organization, manager: User, browse: Browse) -> None:
    EnrolmentFactory(course__organization=school, student__name="Наш")
    foreign, client = EnrolmentFactory(student__name="Чужой"), browse(manager)
    for address in (LIST, f"{LIST}?q=Чужой", f"{LIST}?course__id__exact={foreign.course_id}"):
        assert "Чужой" not in client.get(address).content.decode().replace("q=Чужой", "").replace('value="Чужой"', "")
    assert client.get(f"{LIST}{foreign.pk}/change/").status_code == 302
    assert client.post(f"{LIST}{foreign.pk}/do/accept/").status_code == 404
    in_bulk(client, "accept", [foreign])
    assert statuses([foreign]) == [S.APPLIED]


@pytest.mark.sweep
def test_a_viewer_elsewhere_cannot_decide_there(school: Organization, manager: User, browse: Browse) -> None:
    second = MembershipFactory(user=manager, role=Role.VIEWER).organization
    seen = EnrolmentFactory(course__organization=second)
    client = browse(manager)
    assert "/do/accept/" not in client.get(f"{LIST}{seen.pk}/change/").content.decode()
    assert client.post(f"{LIST}{seen.pk}/do/accept/").status_code == 403
    assert "You may not do this." in in_bulk(client, "accept", [seen])
    assert statuses([seen]) == [S.APPLIED]
    mine = EnrolmentFactory(course__organization=school)
    csv = client.get(f"{LIST}export/").content.decode()
    assert mine.student.email in csv
    assert seen.student.email not in csv


@pytest.mark.sweep
@pytest.mark.parametrize("role", Role)
def test_roles_open_the_list_and_its_actions_as_the_table_says(
    school: Organization, browse: Browse, role: Role
) -> None:
    EnrolmentFactory(course__organization=school)
    page = browse(member(role, school)).get(LIST)
    assert page.status_code == (403 if role == Role.MEMBER else 200)
    if page.status_code == 200:
        form = page.context["action_form"]
        offered = {value for value, _label in form.fields["action"].choices if value} if form else set()
        may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
        assert offered == ({"accept", "reject", "cancel", "complete"} if may else set())


def test_students_have_no_door(student: User, browse: Browse) -> None:
    assert browse(student).get(LIST).status_code == 302
    assert browse(UserFactory(is_staff=True)).get(LIST).status_code == 403


def test_the_export_holds_the_own_rows_without_formulas(school: Organization, manager: User, browse: Browse) -> None:
    EnrolmentFactory(course__organization=school, student__name='=HYPERLINK("http://evil.example")')
    EnrolmentFactory(student__name="Чужой")
    client = browse(manager)
    csv = client.get(f"{LIST}export/").content.decode()
    assert csv.startswith("\ufeffid,course,student,email,status,applied_at,decided_at\r\n")
    assert csv.count("\n") == 2
    assert "Чужой" not in csv
    assert ",\"'=HYPERLINK(" in csv


def test_the_list_costs_the_same_however_long_it_is(school: Organization, manager: User, browse: Browse) -> None:
    course, costs = CourseFactory(organization=school), []
    for amount in (1, 20):
        for _ in range(amount):
            EnrolmentFactory(course=course)
        client = browse(manager)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert all("LIMIT 10000" in sql for sql in counts)
    assert costs[0] == costs[1]
