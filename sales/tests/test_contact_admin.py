"""Contacts in the admin: their page with its timeline, the log, two merged into one, the export."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Role
from accounts.factories import MembershipFactory, member
from accounts.models import Organization, User
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Contact, Deal
from sales.services import contacts

Browse = Callable[..., Client]
LIST = "/admin/sales/contact/"


def names(page: Any) -> list[str]:
    return [row.name for row in page.context["cl"].result_list]


@pytest.mark.sweep
def test_a_contact_is_added_and_changed_with_a_trace(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    initial = client.get(f"{LIST}add/").context["adminform"].form.initial
    assert (initial["organization"], initial["owner"]) == (school.pk, manager.pk)
    sent = {"organization": school.pk, "name": "Пётр", "email": "Petr@X.example", "phone": "8 916 123-45-67"}
    assert client.post(f"{LIST}add/", sent | {"owner": manager.pk}).status_code == 302
    contact = Contact.objects.get()
    assert (contact.email, str(contact.phone), contact.owner) == ("petr@x.example", "+79161234567", manager)
    address = f"{LIST}{contact.pk}/change/"
    assert client.post(address, {"name": "Пётр Ильич", "email": "", "phone": "", "source": ""}).status_code == 302
    lines = Activity.objects.order_by("id").values_list("kind", "payload__field", "payload__to")
    assert list(lines) == [
        ("contact_created", None, None), ("field_changed", "name", "Пётр Ильич"), ("field_changed", "email", None),
        ("field_changed", "phone", ""), ("field_changed", "owner", None),
    ]  # fmt: skip
    page = client.get(address).content.decode()
    assert "name: Пётр → Пётр Ильич" in page


def test_an_e_mail_is_there_once_and_what_was_typed_stays(school: Organization, manager: User, browse: Browse) -> None:
    ContactFactory(organization=school, email="one@x.example")
    second = ContactFactory(organization=school)
    page = browse(manager).post(f"{LIST}{second.pk}/change/", {"name": "Новое имя", "email": "ONE@x.example"})
    form = page.context["adminform"].form
    assert "email" in form.errors
    assert "Новое имя" in page.content.decode()
    assert not Activity.objects.exists()


@pytest.mark.sweep
def test_lists_are_filtered_and_searched_by_beginnings_of_words(
    school: Organization, manager: User, browse: Browse
) -> None:
    ContactFactory(organization=school, name="Анна Орлова", owner=manager, phone="+79161234567")
    ContactFactory(organization=school, name="Роман Иванов", email="roman@x.example")
    client = browse(manager)
    found = {
        "": ["Роман Иванов", "Анна Орлова"], "owner=mine": ["Анна Орлова"], "owner=none": ["Роман Иванов"],
        "q=орл анн": ["Анна Орлова"], "q=(916) 123-45-67": ["Анна Орлова"], "q=roman@": ["Роман Иванов"],
        "q=лова": [], f"organization={school.pk}": ["Роман Иванов", "Анна Орлова"], "owner=%00": 2, "organization=²": 2,
    }  # fmt: skip
    for query, wanted in found.items():
        shown = names(client.get(f"{LIST}?{query}"))
        assert (len(shown) if isinstance(wanted, int) else shown) == wanted, query


@pytest.mark.sweep
def test_a_conversation_is_logged_by_whoever_may(school: Organization, manager: User, browse: Browse) -> None:
    Organization.objects.update(time_zone="Asia/Vladivostok")
    contact = ContactFactory(organization=school)
    sent = {"kind": "call", "text": "Просил перезвонить", "happened_at": "2026-01-15T10:00", "minutes": "12"}
    address = f"{LIST}{contact.pk}/log/"
    assert browse(manager).post(address, sent).status_code == 302
    line = Activity.objects.get()
    assert (line.kind, line.text, line.minutes, line.author) == ("call", "Просил перезвонить", 12, manager)
    assert line.happened_at.isoformat() == "2026-01-15T00:00:00+00:00"
    page = browse(manager).get(f"{LIST}{contact.pk}/change/").content.decode()
    assert "Просил перезвонить" in page
    assert "10 a.m." in page or "10:00" in page
    assert set(browse(manager).post(address, sent | {"kind": "note", "text": " "}).context["form"].errors) == {"text"}
    for bad in ({"text": "x" * 5001}, {"kind": "status_changed"}, {"minutes": "-1"}, {"happened_at": "2999-01-01T00:00"},
                {"happened_at": "0001-01-01T00:00"}):  # fmt: skip
        refused = browse(manager).post(address, sent | bad)
        assert set(bad) == set(refused.context["form"].errors)
    assert browse(member(Role.VIEWER, school)).post(address, sent).status_code == 403
    assert browse(member(Role.MEMBER, school)).post(address, sent).status_code == 404
    assert Activity.objects.count() == 1


def test_a_contact_that_goes_meanwhile_is_said_on_the_form(school: Organization, manager: User, browse: Browse) -> None:
    contact, seen = ContactFactory(organization=school), list[str]()

    def merged_by_another(execute: Any, sql: str, *args: Any) -> Any:
        """After the page has found the contact, and before the service locks it."""
        if f"FROM {connection.ops.quote_name('sales_contact')}" in sql:
            seen.append(sql)
            if len(seen) == 2:
                Contact.objects.filter(pk=contact.pk).delete()
        return execute(sql, *args)

    with connection.execute_wrapper(merged_by_another):
        page = browse(manager).post(f"{LIST}{contact.pk}/log/", {"kind": "call", "text": "Просил перезвонить"})
    assert not Activity.objects.exists()
    assert "What this line is about is no longer there." in page.content.decode()
    assert "Просил перезвонить" in page.content.decode()


@pytest.mark.sweep
def test_both_doors_of_the_log_take_and_refuse_the_same(
    school: Organization, manager: User, browse: Browse, api: Callable[..., Any]
) -> None:
    contact, by_page, by_api = ContactFactory(organization=school), browse(manager), api(manager)
    for kind, text, good in (
        ("call", "", True), ("note", "x" * 5000, True), ("note", "", False), ("note", " ", False), ("call", "x" * 5001, False),
    ):  # fmt: skip
        sent, before = {"kind": kind, "text": text}, Activity.objects.count()
        by_api.call("post", f"/contacts/{contact.pk}/timeline", 201 if good else 422, sent)
        assert by_page.post(f"{LIST}{contact.pk}/log/", sent).status_code == (302 if good else 200)
        assert Activity.objects.count() == before + 2 * good


@pytest.mark.sweep
def test_what_has_happened_lies_no_more_than_a_day_ahead_by_either_door(
    school: Organization, manager: User, browse: Browse, api: Callable[..., Any]
) -> None:
    contact, by_page, by_api = ContactFactory(organization=school), browse(manager), api(manager)
    for kind, ahead, good in (("meeting", 23, True), ("call", 25, False), ("note", 25, False), ("email", 9999, False)):
        moment, before = timezone.localtime() + timedelta(hours=ahead), Activity.objects.count()
        sent = {"kind": kind, "text": "x"}
        exact, english = sent | {"happened_at": moment.isoformat()}, {"accept-language": "en"}
        answer = by_api.call("post", f"/contacts/{contact.pk}/timeline", 201 if good else 422, exact, **english)
        page = by_page.post(f"{LIST}{contact.pk}/log/", sent | {"happened_at": f"{moment:%Y-%m-%dT%H:%M}"})
        assert Activity.objects.count() == before + 2 * good
        if not good:
            [error] = answer["errors"]
            assert (error["field"], error["code"]) == ("happened_at", "date_out_of_range")
            assert page.context["form"].errors["happened_at"] == [error["detail"]]
            assert "make a task" in error["detail"]


@pytest.mark.sweep
def test_a_long_timeline_goes_on_by_pages(school: Organization, manager: User, browse: Browse) -> None:
    contact = ContactFactory(organization=school)
    deal = DealFactory(organization=school, contact=contact, title="Сделка контакта")
    TaskFactory(organization=school, contact=contact, title="Перезвонить")
    Activity.objects.bulk_create(
        ActivityFactory.build_batch(52, organization=school, contact=contact, deal=deal, text="разговор")
    )
    client, address = browse(manager), f"{LIST}{contact.pk}/change/"
    first = client.get(address)
    assert len(first.context["lines"].rows) == 50
    assert {"Сделка контакта", "Перезвонить"} <= {str(row) for key in ("deals", "tasks") for row in first.context[key]}
    rest = client.get(address, {"cursor": first.context["lines"].next})
    assert len(rest.context["lines"].rows) == 2
    assert len(client.get(address, {"cursor": "broken"}).context["lines"].rows) == 50


def test_two_contacts_become_one_after_a_question(school: Organization, manager: User, browse: Browse) -> None:
    kept, other = ContactFactory(organization=school), ContactFactory(organization=school, phone="+79161234567")
    deal = DealFactory(organization=school, contact=other)
    client, sent = browse(manager), {"action": "merge", "_selected_action": [kept.pk, other.pk]}
    asked = client.post(LIST, sent).content.decode()
    assert kept.name in asked
    assert "cannot be undone" in asked
    assert Contact.objects.count() == 2
    done = client.post(LIST, sent | {"told": "yes", "contact": other.pk})
    assert done.headers["Location"] == f"{LIST}{other.pk}/change/"
    assert Contact.objects.get() == other
    assert Deal.objects.get() == deal


def test_who_answers_for_a_contact_is_called_the_same_when_two_are_merged(
    school: Organization, manager: User, browse: Browse
) -> None:
    client = browse(manager)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ru"
    sent = {"action": "merge", "_selected_action": [ContactFactory(organization=school).pk for _ in range(2)]}
    assert '<th scope="col">ответственный</th>' in client.post(LIST, sent).content.decode()


@pytest.mark.sweep
def test_merging_takes_exactly_two_of_one_organisation(school: Organization, manager: User, browse: Browse) -> None:
    mine = [ContactFactory(organization=school) for _ in range(3)]
    foreign = ContactFactory()
    client = browse(manager)
    for chosen in (mine, mine[:1], [mine[0], foreign]):
        sent = {"action": "merge", "_selected_action": [row.pk for row in chosen], "told": "yes", "contact": mine[0].pk}
        assert "Choose two contacts" in client.post(LIST, sent, follow=True).content.decode()
    sales = browse(member(Role.SALES, school))
    assert "Merge two contacts" not in sales.get(LIST).content.decode()
    second = MembershipFactory(user=manager, role=Role.SALES).organization
    seen = [ContactFactory(organization=second).pk for _ in range(2)]
    client.post(LIST, {"action": "merge", "_selected_action": seen, "told": "yes", "contact": seen[0]})
    assert Contact.objects.filter(pk__in=seen).count() == 2
    sales.post(LIST, {"action": "merge", "_selected_action": [row.pk for row in mine[:2]], "told": "yes",
                      "contact": mine[0].pk})  # fmt: skip
    assert Contact.objects.count() == 6


@pytest.mark.sweep
def test_a_contact_with_deals_is_not_deleted(school: Organization, manager: User, browse: Browse) -> None:
    contact = DealFactory(organization=school).contact
    ActivityFactory(organization=school, contact=contact)
    client, address = browse(manager), f"{LIST}{contact.pk}/delete/"
    assert "is not deleted" in client.post(address, {"post": "yes"}, follow=True).content.decode()
    Deal.objects.all().delete()
    assert "Are you sure" in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert not Contact.objects.exists()
    assert browse(member(Role.SALES, school)).get(address).status_code in (302, 403)


@pytest.mark.sweep
def test_a_member_keeps_to_the_own(school: Organization, manager: User, browse: Browse) -> None:
    me = member(Role.MEMBER, school)
    ContactFactory(organization=school, name="Чужой", owner=manager)
    ContactFactory(organization=school, name="Мой", owner=me)
    client = browse(me)
    assert names(client.get(LIST)) == ["Мой"]
    sent = {"organization": school.pk, "name": "Для другого", "owner": manager.pk}
    page = client.post(f"{LIST}add/", sent)
    assert "out of your reach" in page.content.decode()
    assert "Для другого" in page.content.decode()
    assert Contact.objects.count() == 2
    assert client.post(f"{LIST}add/", sent | {"owner": me.pk}).status_code == 302


def test_an_export_runs_no_formula(school: Organization, manager: User, browse: Browse) -> None:
    names = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"]
    for name in names:
        ContactFactory(organization=school, name=name, phone="+79161234567")
    csv = browse(manager).get(f"{LIST}export/").content.decode()
    for name in names:
        assert f"'{name}" in csv
        assert f",{name}" not in csv
        assert f'"{name}' not in csv
    assert csv.count(",+79161234567,") == len(names)


@pytest.mark.sweep
def test_the_pages_cost_the_same_however_much_there_is(school: Organization, manager: User, browse: Browse) -> None:
    costs: list[list[Any]] = []
    contact = ContactFactory(organization=school, owner=manager)
    for amount in (1, 1, 5):  # the first time some things are learnt for good
        for _ in range(amount):
            deal = DealFactory(organization=school, contact=contact, owner=manager)
            ContactFactory(organization=school, owner=member(Role.SALES, school))
            TaskFactory(organization=school, contact=contact, assignee=manager)
            ActivityFactory(organization=school, contact=contact, deal=deal, author=manager)
        client = browse(manager)
        costs.append([])
        for address in (LIST, f"{LIST}{contact.pk}/change/", f"/admin/sales/deal/{deal.pk}/change/",
                        "/admin/sales/deal/", "/admin/sales/task/", "/admin/sales/activity/", "/admin/sales/stage/"):  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            costs[-1].append((address.strip("/0123456789change"), len(queries)))
            counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
            assert all("LIMIT 10000" in sql for sql in counts), counts
    assert costs[1] == costs[2]
    assert max(cost for _page, cost in costs[1]) <= 25


def test_a_contact_that_is_gone_is_no_crash(school: Organization, manager: User, browse: Browse) -> None:
    contact = ContactFactory(organization=school)
    contacts.delete(contact=contact)
    for page in ("change/", "log/", "delete/"):
        assert browse(manager).get(f"{LIST}{contact.pk}/{page}").status_code in (302, 404)
