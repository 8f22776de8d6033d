"""Contacts from a spreadsheet: a preview, the good rows saved, each bad one named with its line."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tablib import Dataset

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, member
from accounts.models import Organization, User
from events.models import Event
from sales.factories import ContactFactory
from sales.importing import ContactRows
from sales.models import Activity, Contact
from sales.spreadsheets import MOST_ROWS, rows_of, text_of

Browse = Callable[..., Client]
PAGE = "/admin/sales/contact/import/"


def preview(client: Client, home: Organization, content: str | bytes) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(PAGE, {"organization": home.pk, "file": SimpleUploadedFile("contacts.csv", data)})


def confirm(client: Client, home: Organization, seen: Any) -> Any:
    sent = {"organization": home.pk, "file": seen.context["packed"], "confirmed": "yes"}
    return client.post(PAGE, sent)


TABLE = """name,email,phone,source,unused
Новая,New@X.example,8 916 123-45-67,сайт,1
Иначе,KNOWN@x.example,,,
,by-phone-is-not-asked@x.example,,,
Телефон,,+7 (916) 000-00-01,,
Та же,new@x.example,,,
Кривая,не почта,,,
Кривой номер,,12,,
Длинная,long@x.example,,"%s",
Лишнее,,,,,x
"""


@pytest.mark.sweep
def test_good_rows_are_saved_and_bad_ones_named(school: Organization, manager: User, browse: Browse) -> None:
    known = ContactFactory(organization=school, email="known@x.example", phone="+79160000002", source="выставка")
    by_phone = ContactFactory(organization=school, email=None, phone="+79160000001")
    client = browse(manager)
    seen = preview(client, school, TABLE % ("я" * 65))
    assert [(row.line, row.kind) for row in seen.context["good"]] == [
        ("2", "new"), ("3", "update"), ("5", "update"), ("6", "update"),
    ]  # fmt: skip
    bad = {row.line: " ".join(row.reasons) for row in seen.context["bad"]}
    assert set(bad) == {"4", "7", "8", "9", "10"}
    for line, title in {"4": "name", "7": "e-mail", "8": "phone", "9": "source"}.items():
        assert bad[line].startswith(f"{title}: ")
    assert "more cells" in bad["10"]
    assert (Contact.objects.count(), Activity.objects.count()) == (2, 0)
    done = confirm(client, school, seen)
    assert dict(done.context["totals"]) == {"new": 1, "update": 3, "invalid": 5}
    assert {row.line for row in done.context["bad"]} == set(bad)
    saved = Contact.objects.order_by("pk").values_list("name", "email", "phone", "source", "owner")
    rows: list[tuple[Any, ...]] = list(saved)
    assert rows == [
        ("Иначе", "known@x.example", "+79160000002", "выставка", None),
        ("Телефон", None, "+79160000001", "", None),
        ("Та же", "new@x.example", "+79161234567", "сайт", None),
    ]
    lines = Activity.objects.order_by("id").values_list("contact", "kind", "payload__field")
    made = Contact.objects.get(email="new@x.example").pk
    assert list(lines) == [
        (made, "contact_created", None), (known.pk, "field_changed", "name"), (by_phone.pk, "field_changed", "name"),
        (made, "field_changed", "name"),
    ]  # fmt: skip
    assert Event.objects.filter(type="contact.created").count() == 1
    again = confirm(client, school, preview(client, school, "name,email\nТа же,new@x.example"))
    assert again.context["form"].is_valid()
    assert dict(again.context["totals"]) == {"skip": 1}


def test_columns_are_called_as_on_other_pages(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ru"
    page = preview(client, school, "name,email,phone\nПётр,не почта,12\nИлья,i@x.example,").content.decode()
    for title in ("Имя", "Эл. почта", "Телефон", "Источник"):
        assert page.count(f'<th scope="col">{title}</th>') == 2
    assert page.count('<div class="refused">эл. почта: ') == page.count('<div class="refused">телефон: ') == 1
    twice = preview(client, school, "name,email,mail\nа,б,в").context["form"].errors["file"]
    assert "«эл. почта»" in twice[0]


def test_files_of_any_excel_are_read() -> None:
    table = "Имя;E-mail;Телефон\r\n\r\n«Пётр»;p@x.example;'+79161234567\r\n"
    for encoding, separator in product(["utf-8", "utf-8-sig", "cp1251", "utf-16"], ";,\t"):
        rows = rows_of(text_of(table.replace(";", separator).encode(encoding)))
        assert list(rows) == [("3", "«Пётр»", "p@x.example", "+79161234567", "", "")], (encoding, separator)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no row"), (b"name\n\n", "no row"), (b"PK\x03\x04\x00\x00", "not a CSV file"),
        ("Имя\nПётр".encode("koi8-r"), "must name the columns"), (b"\x98\xff", "not a CSV file"),
        (b"e-mail\na@x.example", "must name the columns"), (b"name,email,mail\na,b,c", "there twice"),
        (b"name\n" + b"a\n" * (MOST_ROWS + 1), "at most 2000 rows"), (b"a" * (1024 * 1024 + 1), "larger than 1 MiB"),
        (b"name\n" + b"a" * 200_000, "cannot be read"),
        ("name;email\nА;a@x.example\nИв\0ан;b@x.example".encode("utf-16"), "Line 3 holds a NUL"),
    ],
    ids=range(11),
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(
    school: Organization, manager: User, browse: Browse, content: bytes, said: str
) -> None:
    page = preview(browse(manager), school, content)
    assert said in page.context["form"].errors["file"][0].replace(",", "")
    assert not Contact.objects.exists()


@pytest.mark.sweep
def test_an_import_goes_into_an_organisation_where_one_may(school: Organization, manager: User, browse: Browse) -> None:
    seen_only = MembershipFactory(user=manager, role=Role.SALES).organization
    client, theirs = browse(manager), ContactFactory(email="one@x.example", name="Чужой")
    for home in (seen_only, theirs.organization, OrganizationFactory()):
        assert "organization" in preview(client, home, "name\nПётр").context["form"].errors
        packed = preview(client, school, "name,email\nПётр,one@x.example")
        confirm(client, home, packed)
    assert Contact.objects.get() == theirs
    confirm(client, school, packed)
    theirs.refresh_from_db()
    assert (theirs.name, Contact.objects.get(organization=school).name) == ("Чужой", "Пётр")
    assert browse(member(Role.SALES, school)).get(PAGE).status_code == 403
    forged = client.post(PAGE, {"organization": school.pk, "file": "forged", "confirmed": "yes"})
    assert "Choose the file once more" in forged.content.decode()


class Overtaken(ContactRows):
    """Somebody opens a contact between the look at what is known and the first row."""

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        ContactFactory(organization=self.organization, email="late@x.example")


def test_a_duplicate_meanwhile_costs_its_row_alone(school: Organization, manager: User) -> None:
    rows = rows_of("name,email\nПётр,late@x.example\nИлья,other@x.example")
    result = Overtaken(school, manager, save=True).import_data(rows)
    assert [(row.import_type, row.is_error()) for row in result.rows] == [("invalid", False), ("new", False)]
    assert str(Contact.objects.get(email="late@x.example").pk) in str(result.rows[0].validation_error)
    assert Contact.objects.count() == 2


@pytest.mark.sweep
def test_a_row_that_could_not_be_found_again_is_refused(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    assert "Each row needs an e-mail or a phone" in client.get(PAGE).content.decode()
    for _time in range(2):
        seen = preview(client, school, "name,phone,source\nПётр,,сайт\nИлья,+79161234567,")
        assert "Give an e-mail or a phone" in seen.content.decode()
        done = confirm(client, school, seen)
        assert [row.line for row in done.context["bad"]] == ["2"]
    assert [contact.name for contact in Contact.objects.all()] == ["Илья"]


def test_an_import_that_breaks_before_its_rows_saves_none(school: Organization, manager: User, browse: Browse) -> None:
    client, table = browse(manager), "name,phone\nПётр,+79161234567"
    seen = preview(client, school, table)

    def broken(execute: Any, sql: str, params: Any, *args: Any) -> Any:
        if "+79161234567" in map(str, params or ()) and sql.startswith("SELECT"):
            raise DatabaseError
        return execute(sql, params, *args)

    with connection.execute_wrapper(broken):
        pages = [preview(client, school, table), confirm(client, school, seen)]
    for page in pages:
        assert "The import broke on our side, and nothing was saved." in page.content.decode()
        assert "totals" not in page.context
    assert not Contact.objects.exists()


@pytest.mark.sweep
def test_a_preview_asks_the_database_as_often_for_many_rows(
    school: Organization, manager: User, browse: Browse
) -> None:
    costs = []
    for amount in (1, 1, 50):
        rows = "".join(f"Имя {n},n{n}@x.example\n" for n in range(amount))
        client = browse(manager)
        with CaptureQueriesContext(connection) as queries:
            preview(client, school, f"name,email\n{rows}")
        costs.append(len(queries))
    assert costs[1] == costs[2]
