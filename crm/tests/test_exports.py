"""What the admin exports is read by programs: numbers and dates are the same in every language."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tablib import Dataset

from accounts.models import Organization, User
from accounts.staff import SafeCSV
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from sales.factories import ContactFactory, DealFactory

KEY, MOMENT = 1234567, datetime(2026, 1, 15, 9, 30, 5, 678, tzinfo=UTC)
LISTS = ["courses/course", "enrolments/enrolment", "sales/contact", "sales/deal"]


def exported(client: Client, path: str) -> list[dict[str, str]]:
    text = client.get(f"/admin/{path}/export/").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_numbers_and_dates_are_the_same_in_every_language(
    school: Organization, manager: User, browse: Callable[..., Client]
) -> None:
    course = CourseFactory(
        pk=KEY, organization=school, price=Decimal("11900.00"), capacity=1200, requires_approval=True
    )
    EnrolmentFactory(pk=KEY, course=course, applied_at=MOMENT)
    contact = ContactFactory(pk=KEY, organization=school, created_at=MOMENT)
    DealFactory(pk=KEY, organization=school, contact=contact, amount=Decimal("11900.00"), created_at=MOMENT)
    client, written = browse(manager), {}
    for language in ("ru", "en"):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        written[language] = [exported(client, path) for path in LISTS]
    assert written["ru"] == written["en"]
    [courses], [enrolments], [contacts], [deals] = written["ru"]
    assert {row["id"] for row in (courses, enrolments, contacts, deals)} == {"1234567"}
    assert (courses["price"], courses["capacity"], courses["starts_on"], courses["ends_on"]) == (
        "11900.00", "1200", "2030-01-15", "",
    )  # fmt: skip
    assert (courses["requires_approval"], deals["amount"], deals["won_at"]) == ("1", "11900.00", "")
    assert {enrolments["applied_at"], contacts["created_at"], deals["created_at"]} == {"2026-01-15 12:30:05"}


def test_a_negative_number_is_no_formula() -> None:
    rows = Dataset([Decimal("-5.00"), -1234567, "-5.00", "-1+1"], headers=["amount", "count", "text", "formula"])
    assert SafeCSV().export_data(rows) == "amount,count,text,formula\r\n-5.00,-1234567,-5.00,'-1+1\r\n"


def test_contacts_that_were_exported_are_imported_as_they_are(
    school: Organization, manager: User, browse: Callable[..., Client]
) -> None:
    ContactFactory(pk=KEY, organization=school, phone="+79161234567", source="выставка")
    ContactFactory(organization=school, email=None, phone="+79161234568", name="=1+1")
    client = browse(manager)
    table = client.get("/admin/sales/contact/export/").content
    sent: dict[str, Any] = {"organization": school.pk, "file": SimpleUploadedFile("contacts.csv", table)}
    assert dict(client.post("/admin/sales/contact/import/", sent).context["totals"]) == {"skip": 2}
