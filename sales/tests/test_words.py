"""People read names of stages, reasons and sources in their language; the rows and the API keep the codes."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from enrolments import services as enrolments
from sales.factories import ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Contact, Deal
from sales.services import contacts, tasks

Browse = Callable[..., Client]
SALES = "/admin/sales"
WORDS = "application for a course"


def rejected(school: Organization, student: User, by: User) -> Deal:
    enrolment = enrolments.apply(course=CourseFactory(organization=school, requires_approval=True), by=student)
    enrolments.reject(enrolment=enrolment, by=by)
    return Deal.objects.get()


@pytest.mark.sweep
def test_all_lines_name_stages_and_reasons_as_the_deal_does(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    deal, client = rejected(school, student, manager), browse(manager)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ru"
    for path in ("activity/", f"deal/{deal.pk}/change/", f"contact/{deal.contact_id}/change/"):
        page = client.get(f"{SALES}/{path}").content.decode()
        for said in ("этап: Квалификация → Завершение", "статус: новая → проиграна (отклонена)"):
            assert said in page, path
        assert "qualification" not in page, path
        assert "rejected" not in page, path
    [row] = csv.DictReader(io.StringIO(client.get(f"{SALES}/deal/export/").content.decode("utf-8-sig")))
    assert (row["lost_reason"], row["stage"], deal.lost_reason) == ("отклонена", "Завершение", "rejected")


def test_a_line_tells_the_time_where_its_organisation_is(school: Organization, manager: User, browse: Browse) -> None:
    Organization.objects.update(time_zone="Asia/Vladivostok")
    noon = (timezone.now() + timedelta(days=9)).replace(hour=12, minute=0)
    tasks.update(task=TaskFactory(organization=school, title="Созвон"), by=manager, due_at=noon)
    line, client = Activity.objects.get(), browse(manager)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ru"
    for page in ("activity/", f"activity/{line.pk}/change/"):
        assert f"→ {noon:%d.%m.%Y} 22:00" in client.get(f"{SALES}/{page}").content.decode()


@pytest.mark.sweep
def test_the_lines_of_many_organisations_cost_the_same(student: User, browse: Browse) -> None:
    client, costs = browse(UserFactory(is_superuser=True, is_staff=True)), []
    for _time in range(3):  # the first time some things are learnt for good
        for home in (OrganizationFactory(), OrganizationFactory()):
            rows = [DealFactory(organization=home), DealFactory(organization=home)]
            Activity.objects.bulk_create(
                Activity(organization=home, deal=row, kind="stage_changed", payload={"field": "stage", "from": "", "to": "closed"})
                for row in rows
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{SALES}/activity/").content.decode()
        costs.append(len(queries))
    assert page.count("– → Завершение") == 12
    assert costs[1] == costs[2]


@pytest.mark.sweep
def test_the_source_of_an_application_is_said_in_words(
    school: Organization, manager: User, student: User, browse: Browse, api: Callable[..., Any]
) -> None:
    contact = contacts.of_student(organization=school, student=student)
    client, address = browse(manager), f"{SALES}/contact/{contact.pk}/change/"
    assert WORDS in client.get(f"{SALES}/activity/").content.decode()
    Activity.objects.all().delete()  # it would say it on the contact's page too
    seen = [client.get(f"{SALES}/contact/"), browse(member(Role.VIEWER, school)).get(address)]
    chosen = {"action": "merge", "_selected_action": [contact.pk, ContactFactory(organization=school).pk]}
    seen += [client.post(f"{SALES}/contact/", chosen), client.get(f"{SALES}/contact/export/"), client.get(address)]
    for page in seen:
        assert WORDS in page.content.decode(), page.request
    assert f'value="{WORDS}"' in page.content.decode()
    assert api(manager).call("get", f"/contacts/{contact.pk}", 200)["source"] == "application"


@pytest.mark.sweep
def test_a_source_in_words_is_kept_as_its_code(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    contact, client = contacts.of_student(organization=school, student=student), browse(manager)
    sent = {"name": contact.name, "email": contact.email or "", "phone": "", "owner": ""}
    for words, stored in ((WORDS, "application"), ("application", "application"), ("выставка", "выставка")):
        client.post(f"{SALES}/contact/{contact.pk}/change/", sent | {"source": words})
        assert Contact.objects.get().source == stored
    assert Activity.objects.get(kind="field_changed").payload["from"] == "application"
    assert f"source: {WORDS} → выставка" in client.get(f"{SALES}/contact/{contact.pk}/change/").content.decode()


def test_a_source_is_imported_as_it_was_exported(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    contacts.of_student(organization=school, student=student)
    client = browse(manager)
    table = client.get(f"{SALES}/contact/export/").content
    file = SimpleUploadedFile("contacts.csv", table + f"9,,Новый,new@x.example,,{WORDS},,\r\n".encode())
    page = client.post(f"{SALES}/contact/import/", {"organization": school.pk, "file": file})
    assert dict(page.context["totals"]) == {"skip": 1, "new": 1}
    assert [row.cells[-1] for row in page.context["good"]] == [WORDS]
    sent = {"organization": school.pk, "file": page.context["packed"], "confirmed": "yes"}
    client.post(f"{SALES}/contact/import/", sent)
    assert Contact.objects.get(email="new@x.example").source == "application"
