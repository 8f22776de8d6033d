"""Deals in the admin: a form for what is typed, verbs for what happens, and nobody's change undone unseen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role
from accounts.factories import member
from accounts.models import Membership, Organization, User
from accounts.verbs import MOST_ROWS
from courses.factories import CourseFactory
from enrolments import services as enrolments
from sales.factories import ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Contact, Deal, Stage

Browse = Callable[..., Client]
LIST = "/admin/sales/deal/"


def typed(deal: Deal, **changes: Any) -> dict[str, Any]:
    fields = {"title": deal.title, "amount": deal.amount, "currency": deal.currency, "seen_version": deal.version}
    return fields | {"owner": deal.owner_id or ""} | changes


def test_a_deal_is_added_in_the_contacts_organisation(school: Organization, manager: User, browse: Browse) -> None:
    contact, client = ContactFactory(organization=school), browse(manager)
    initial = client.get(f"{LIST}add/?contact={contact.pk}").context["adminform"].form.initial
    assert (initial["currency"], initial["owner"], initial["contact"]) == ("RUB", manager.pk, str(contact.pk))
    sent = {"title": "Курс", "contact": contact.pk, "amount": "100", "currency": "", "owner": manager.pk}
    assert client.post(f"{LIST}add/", sent).status_code == 302
    deal = Deal.objects.get()
    assert (deal.organization, deal.currency, deal.stage.slug, deal.status) == (school, "RUB", "qualification", "new")
    assert Activity.objects.get().kind == "deal_created"


def test_status_and_stage_are_not_typed(school: Organization, manager: User, browse: Browse) -> None:
    deal, last = DealFactory(organization=school), Stage.objects.of(school.pk).reverse()[0]
    sent = typed(deal, title="Новое", status="won", stage=last.pk)
    assert browse(manager).post(f"{LIST}{deal.pk}/change/", sent).status_code == 302
    saved = Deal.objects.get()
    assert (saved.title, saved.status, saved.stage, saved.version) == ("Новое", "new", deal.stage, 2)


@pytest.mark.sweep
def test_a_stale_form_is_refused_and_keeps_what_was_typed(school: Organization, manager: User, browse: Browse) -> None:
    deal, client = DealFactory(organization=school), browse(manager)
    assert 'name="seen_version" value="1"' in client.get(f"{LIST}{deal.pk}/change/").content.decode()
    client.post(f"{LIST}{deal.pk}/change/", typed(deal, amount="7000"))
    page = client.post(f"{LIST}{deal.pk}/change/", typed(deal, title="Моё название"))
    assert page.status_code == 200
    assert "Somebody has changed this deal meanwhile" in page.content.decode()
    assert 'value="Моё название"' in page.content.decode()
    assert (Deal.objects.get().title, int(Deal.objects.get().amount)) == (deal.title, 7000)


@pytest.mark.sweep
def test_a_won_deals_amount_is_refused_beside_its_field(school: Organization, manager: User, browse: Browse) -> None:
    deal, client = DealFactory(organization=school), browse(manager)
    client.post(f"{LIST}{deal.pk}/do/win/")
    page = client.post(f"{LIST}{deal.pk}/change/", typed(Deal.objects.get(), amount="0"))
    assert "amount" in page.context["adminform"].form.errors


@pytest.mark.sweep
def test_each_verb_is_a_button_where_it_fits(school: Organization, browse: Browse) -> None:
    owner = member(Role.OWNER, school)
    deal, client, address = DealFactory(organization=school), browse(owner), f"{LIST}%s/" % Deal.objects.get().pk

    def offered() -> set[str]:
        return {verb for verb, _label, _asks in client.get(f"{address}change/").context["verbs"]}

    assert offered() == {"take", "start", "move", "win", "lose"}
    client.post(f"{address}do/take/")
    client.post(f"{address}do/start/")
    assert offered() == {"move", "win", "lose"}
    asked = client.get(f"{address}do/lose/").content.decode()
    assert 'name="reason"' in asked
    assert "reason" in client.post(f"{address}do/lose/", {"reason": " "}).context["form"].errors
    client.post(f"{address}do/lose/", {"reason": "дорого"})
    assert offered() == {"close", "reopen"}
    client.post(f"{address}do/reopen/")
    proposal = Stage.objects.get(slug="proposal")
    client.post(f"{address}do/move/", {"stage": proposal.pk})
    deal = Deal.objects.get()
    assert (deal.status, deal.stage, deal.owner) == ("in_progress", proposal, owner)


@pytest.mark.sweep
def test_the_verbs_ask_the_right_that_the_table_names(school: Organization, browse: Browse) -> None:
    sales, other = member(Role.SALES, school), member(Role.MANAGER, school)
    mine, others = DealFactory(organization=school, owner=sales), DealFactory(organization=school, owner=other)
    free = DealFactory(organization=school)
    client = browse(sales)
    assert client.post(f"{LIST}{mine.pk}/do/win/").status_code == 302
    assert client.post(f"{LIST}{others.pk}/do/win/").status_code == 403
    assert client.post(f"{LIST}{free.pk}/do/win/").status_code == 403
    assert client.post(f"{LIST}{free.pk}/do/take/").status_code == 302
    assert client.post(f"{LIST}{mine.pk}/do/reopen/").status_code == 403
    assert browse(member(Role.VIEWER, school)).post(f"{LIST}{mine.pk}/do/close/").status_code == 403
    bulk = client.post(LIST, {"action": "win", "_selected_action": [others.pk]}, follow=True)
    assert f"{others}: You may not do this." in bulk.content.decode()
    assert [Deal.objects.get(pk=row.pk).status for row in (mine, others, free)] == ["won", "new", "new"]
    assert Deal.objects.get(pk=free.pk).owner == sales


@pytest.mark.sweep
def test_a_bulk_verb_asks_once_and_refuses_row_by_row(school: Organization, manager: User, browse: Browse) -> None:
    rows = [DealFactory(organization=school, title=f"Сделка {n}", amount=n) for n in range(3)]
    client, chosen = browse(manager), {"_selected_action": [row.pk for row in rows]}
    won = client.post(LIST, chosen | {"action": "win"}, follow=True).content.decode()
    assert "Сделка 0: A deal is won with an amount above zero." in won
    assert "Win: 2 rows done." in won
    asked = client.post(LIST, chosen | {"action": "lose"})
    assert asked.content.decode().count('name="_selected_action"') == 3
    told = client.post(LIST, chosen | {"action": "lose", "told": "yes", "reason": "дорого"}, follow=True)
    assert "Lose: Сделка 0" in told.content.decode()
    assert told.content.decode().count("cannot get the status") == 2
    statuses = Deal.objects.order_by("pk").values_list("status", "lost_reason")
    assert list(statuses) == [("lost", "дорого"), ("won", ""), ("won", "")]


@pytest.mark.sweep
def test_a_bulk_verb_reads_no_more_than_it_may_do(school: Organization, manager: User, browse: Browse) -> None:
    contact, stage = ContactFactory(organization=school), Stage.objects.of(school.pk)[0]
    row = {"organization": school, "contact": contact, "stage": stage, "amount": 1}
    Deal.objects.bulk_create(Deal(**row, title=f"Сделка {n}") for n in range(MOST_ROWS + 1))
    all_of_them = {"_selected_action": [Deal.objects.latest("pk").pk], "select_across": "1", "index": "0"}
    client = browse(manager)
    for verb in ("win", "lose"):
        with CaptureQueriesContext(connection) as queries:
            refused = client.post(LIST, all_of_them | {"action": verb})
        assert refused.status_code == 302
        read = [query["sql"] for query in queries if f"LIMIT {MOST_ROWS + 1}" in query["sql"]]
        assert len(read) == 1
    said = client.get(LIST).content.decode()
    assert said.count("At most 500 rows can be done at once, and more were chosen. Nothing was done.") == 2
    assert not Deal.objects.exclude(status="new").exists()
    Deal.objects.latest("pk").delete()
    asked = client.post(LIST, all_of_them | {"action": "lose"})
    assert asked.content.decode().count('name="_selected_action"') == MOST_ROWS


@pytest.mark.sweep
def test_only_leaders_move_back_by_this_door_too(school: Organization, manager: User, browse: Browse) -> None:
    first, second = Stage.objects.of(school.pk)[:2]
    deal, foreign = DealFactory(organization=school, stage=second), DealFactory().stage
    client, address = browse(manager), f"{LIST}{deal.pk}/do/move/"
    assert "moves a deal back" in client.post(address, {"stage": first.pk}, follow=True).content.decode()
    assert "stage" in client.post(address, {"stage": foreign.pk}).context["form"].errors
    assert Deal.objects.get(pk=deal.pk).stage == second


def test_an_application_deals_course_stays(school: Organization, manager: User, student: User, browse: Browse) -> None:
    course = CourseFactory(organization=school, requires_approval=True)
    enrolments.apply(course=course, by=student)
    deal, other = Deal.objects.get(), CourseFactory(organization=school)
    browse(manager).post(f"{LIST}{deal.pk}/change/", typed(deal, course=other.pk, title="Иначе"))
    assert (Deal.objects.get().course, Deal.objects.get().title) == (course, "Иначе")


@pytest.mark.sweep
def test_lists_are_filtered_by_status_stage_and_owner(school: Organization, manager: User, browse: Browse) -> None:
    stage = Stage.objects.get(slug="proposal")
    DealFactory(organization=school, title="Моя", owner=manager, contact__name="Анна", stage=stage)
    DealFactory(organization=school, title="Ничья", contact__name="Роман")
    client = browse(manager)
    for query, wanted in {
        "owner=mine": ["Моя"], "owner=none": ["Ничья"], f"stage={stage.pk}": ["Моя"], "status__exact=won": [],
        "q=ром": ["Ничья"], "stage=²": ["Ничья", "Моя"],
    }.items():  # fmt: skip
        page = client.get(f"{LIST}?{query}")
        assert [row.title for row in page.context["cl"].result_list] == wanted, query
    assert "4,900.00 RUB" in page.content.decode()


def test_an_owner_who_has_left_stays_until_another_is_chosen(
    school: Organization, manager: User, browse: Browse
) -> None:
    gone = member(Role.SALES, school)
    deal = DealFactory(organization=school, owner=gone)
    Membership.objects.filter(user=gone).delete()
    assert browse(manager).post(f"{LIST}{deal.pk}/change/", typed(deal, title="Иначе")).status_code == 302
    assert Deal.objects.get().owner == gone


def test_a_deal_is_deleted_with_what_hangs_on_it(school: Organization, manager: User, browse: Browse) -> None:
    deal = DealFactory(organization=school)
    TaskFactory(organization=school, deal=deal)
    browse(manager).post(f"{LIST}{deal.pk}/delete/", {"post": "yes"})
    assert not Deal.objects.exists()
    assert Contact.objects.exists()
