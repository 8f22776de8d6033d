"""The board: who sees and moves what, with JavaScript and without, and what it costs."""

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access import Role
from accounts.factories import MembershipFactory, UserFactory, member
from accounts.models import Organization, User
from sales import columns
from sales.factories import ContactFactory, DealFactory
from sales.models import Deal, Stage

Browse = Callable[..., Client]
BOARD = "/admin/sales/deal/board/"
HTMX = {"HX-Request": "true"}


def step(client: Client, deal: Deal, name: str, *, status: int = 200, **sent: Any) -> str:
    """Send a card's form as htmx sends it, and read the answer."""
    data = {"version": deal.version, "column": deal.stage_id} | sent
    response = client.post(f"{BOARD}{deal.pk}/{name}/", data, headers=HTMX)
    assert response.status_code == status
    return response.content.decode()


def now(deal: Deal) -> tuple[str, str]:
    deal = Deal.objects.select_related("stage").get(pk=deal.pk)
    return deal.stage.slug, deal.status


@pytest.fixture
def stages(school: Organization) -> list[Stage]:
    return list(Stage.objects.of(school.pk))


def test_columns_hold_the_open_deals_with_their_number_and_sum(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    contact = ContactFactory(organization=school, name="Яна")
    deal = DealFactory(
        id=1234567, organization=school, contact=contact, owner=manager, amount="1200.50", stage=stages[1]
    )
    DealFactory(organization=school, amount="300.00", stage=stages[1])
    DealFactory(organization=school, amount="9.00", currency="EUR", stage=stages[1])
    for status in ({"status": "closed"}, {"status": "lost", "lost_at": "2026-01-01T00:00Z", "lost_reason": "x"}):
        DealFactory(organization=school, stage=stages[1], title="Закрыта", **status)
    response = browse(manager).get(BOARD)
    page = re.sub(r"\s+", " ", response.content.decode())
    found = {column.stage.slug: (column.number, column.total, column.foreign) for column in response.context["columns"]}
    assert found.pop("proposal") == (3, Decimal("1500.50"), 1)
    assert set(found.values()) == {(0, 0, 0)}
    assert "3 deals · <strong>1,500.50 ₽</strong>" in page
    assert "Sums are of the deals in RUB" in page
    assert 'id="deal-1234567"' in page
    assert f"{deal.pk}/change/" in page
    assert all(
        text in page for text in ("Яна", manager.name, "since today", 'title="Without 1 deal in another currency"')
    )
    assert "Закрыта" not in page


@pytest.mark.sweep
@pytest.mark.parametrize("role", Role)
def test_each_role_sees_and_moves_what_the_table_grants(
    school: Organization, browse: Browse, stages: list[Stage], role: Role
) -> None:
    person = member(role, school)
    client, own = browse(person), DealFactory(organization=school, owner=person)
    others, free = DealFactory(organization=school, owner=UserFactory()), DealFactory(organization=school)
    page = client.get(BOARD).content.decode()
    leads = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    for deal, sees, changes, takes in (
        (own, True, role != Role.VIEWER, False),
        (others, role != Role.MEMBER, leads, False),
        (free, role != Role.MEMBER, leads, role not in (Role.MEMBER, Role.VIEWER)),
    ):
        card = (re.findall(rf'<li class="card" id="deal-{deal.pk}".*?</li>', page, re.DOTALL) or [""])[0]
        assert bool(card) == sees
        assert ('draggable="true"' in card) == ("/move/" in card) == ("/win/" in card) == ("/lose/" in card) == changes
        assert ("/take/" in card) == takes
        barred = set[str]() if changes else {"move", "win", "lose"}
        for name in barred | ({"take"} if role in (Role.MEMBER, Role.VIEWER) else set()):
            step(client, deal, name, stage=stages[1].pk, reason="x", status=403 if sees else 404)
        assert now(deal) == ("qualification", "new")
        if changes:
            step(client, deal, "move", stage=stages[1].pk)
            assert now(deal) == ("proposal", "new")
    if role == Role.SALES:
        assert 'draggable="true"' in step(client, free, "take")
        assert Deal.objects.get(pk=free.pk).owner == person


def test_strangers_have_no_board(student: User, browse: Browse) -> None:
    DealFactory()
    assert browse(student).get(BOARD).status_code == 302
    assert browse(UserFactory(is_staff=True)).get(BOARD).status_code == 403


@pytest.mark.sweep
def test_other_organisations_are_out_of_sight(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    client, mine = browse(manager), DealFactory(organization=school)
    foreign = DealFactory(title="Чужая")
    assert "Чужая" not in client.get(BOARD).content.decode()
    for pk in (foreign.organization_id, 10**15, "x", "9" * 30):
        assert client.get(BOARD, {"organization": pk}).status_code == 404
    assert client.get(BOARD, {"stage": foreign.stage_id}, headers=HTMX).status_code == 404
    for name in ("move", "win", "lose", "take"):
        step(client, foreign, name, stage=stages[1].pk, reason="x", status=404)
    step(client, mine, "fly", status=404)
    for stage in (foreign.stage_id, "x", "", "9" * 30):
        assert "There is no such stage here." in step(client, mine, "move", stage=stage)
    assert (now(foreign), now(mine)) == (("qualification", "new"), ("qualification", "new"))


@pytest.mark.sweep
def test_one_organisation_at_a_time_is_picked_by_the_address(
    school: Organization, manager: User, browse: Browse
) -> None:
    second = MembershipFactory(user=manager, role=Role.VIEWER, organization__name="Школа Я").organization
    DealFactory(organization=school, title="Первая")
    seen, client = DealFactory(organization=second, title="Вторая"), browse(manager)
    page = client.get(BOARD).content.decode()
    assert ("Первая" in page, "Вторая" in page, 'class="board-picker"' in page) == (True, False, True)
    page = client.get(BOARD, {"organization": second.pk}).content.decode()
    assert ("Первая" in page, "Вторая" in page, "/move/" in page) == (False, True, False)
    step(client, seen, "win", status=403)


@pytest.mark.sweep
def test_without_javascript_every_step_comes_back_with_a_message(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    client, deal = browse(manager), DealFactory(organization=school, title="Курс", amount=0, stage=stages[1])
    said: list[tuple[str, dict[str, Any], str]] = [
        ("take", {}, "“Курс” is yours now."),
        ("move", {"stage": stages[2].pk}, f"“Курс” is now in “{stages[2].name}”."),
        ("move", {"stage": stages[0].pk}, "Курс: Only an owner or an administrator moves a deal back."),
        ("win", {}, "Курс: A deal is won with an amount above zero."),
        ("lose", {"reason": " "}, "Курс: Say why the deal is lost."),
        ("lose", {"reason": "x" * 501}, "Курс: Ensure this value has at most 500 characters (it has 501)."),
        ("lose", {"reason": "дорого"}, "“Курс” is lost."),
    ]
    for name, sent, _text in said:
        deal.refresh_from_db()
        response = client.post(f"{BOARD}{deal.pk}/{name}/?stage=7", {"version": deal.version, **sent})
        assert response["Location"] == f"{BOARD}?stage=7"
    assert now(deal) == ("closed", "lost")
    page = html.unescape(client.get(BOARD).content.decode())
    assert re.findall(r'<li class="(success|error)">(.*)</li>', page) == [
        ("error" if text.startswith("Курс") else "success", text) for _name, _sent, text in said
    ]
    assert client.get(f"{BOARD}{deal.pk}/move/").status_code == 302


def test_htmx_gets_the_card_in_its_new_column_and_every_tally(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    deal, client = DealFactory(organization=school, amount="50.00"), browse(manager)
    answer = step(client, deal, "move", stage=stages[1].pk)
    assert answer.lstrip().startswith(f'<ul hx-swap-oob="afterbegin:#cards-{stages[1].pk}">')
    assert answer.count(f'id="deal-{deal.pk}"') == 1
    tallies = re.findall(r'id="tally-(\d+)" hx-swap-oob="true">\s*(\d+) deal', answer)
    assert tallies == [(str(stage.pk), "1" if stage == stages[1] else "0") for stage in stages]
    assert "“" in answer[answer.index('id="said"') :]
    deal.refresh_from_db()
    assert f'id="deal-{deal.pk}"' not in step(client, deal, "win")
    assert now(deal) == ("closed", "won")


def test_htmx_gets_a_refusal_on_the_card_which_stays_in_its_column(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    deal, client = DealFactory(organization=school, stage=stages[1]), browse(manager)
    answer = step(client, deal, "move", stage=stages[0].pk)
    assert answer.lstrip().startswith(f'<li class="card" id="deal-{deal.pk}"')
    assert '<p class="refusal" role="alert">Only an owner or an administrator moves a deal back.</p>' in answer
    assert "afterbegin" not in answer
    assert 'value="дор&quot;ого"' in step(client, deal, "lose", reason='дор"ого', version=7)
    assert now(deal) == ("proposal", "new")


@pytest.mark.sweep
def test_whoever_was_slower_is_told_and_shown_where_the_deal_is(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    client, said = browse(manager), "Somebody has changed this deal meanwhile."
    old = DealFactory(organization=school)
    step(client, old, "move", stage=stages[2].pk)
    for name, more in (("move", {"stage": stages[1].pk}), ("win", {}), ("lose", {"reason": "x"}), ("take", {})):
        answer = step(client, old, name, **more)
        assert answer.lstrip().startswith(f'<ul hx-swap-oob="afterbegin:#cards-{stages[2].pk}">')
        assert f'role="alert">{said}' in answer
    for version in ("", "x", "9" * 30):
        assert said in step(client, old, "win", version=version)
    assert now(old) == ("negotiation", "new")
    old.refresh_from_db()
    step(client, old, "win")
    gone = step(client, old, "win")
    assert f'id="deal-{old.pk}"' not in gone
    assert f'<span class="refused">{said}' in gone


def test_a_step_needs_the_token_of_the_page(school: Organization, manager: User) -> None:
    deal, client = DealFactory(organization=school), Client(enforce_csrf_checks=True)
    client.force_login(manager)
    step(client, deal, "win", status=403)
    assert now(deal) == ("qualification", "new")


@pytest.mark.sweep
def test_more_continues_a_column(
    school: Organization, manager: User, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "CARDS", 2)
    deals, client = [DealFactory(organization=school) for _ in range(5)], browse(manager)
    newest = [deal.pk for deal in reversed(deals)]
    address, seen = BOARD, list[int]()
    for expected in (newest[:2], newest[2:4], newest[4:]):
        page = client.get(address, headers={} if address == BOARD else HTMX).content.decode()
        shown = [int(pk) for pk in re.findall(r'<li class="card" id="deal-(\d+)"', page)]
        assert shown == expected
        seen += shown
        links = re.findall(r'class="more"><a [^>]*href="([^"]+)"', page)
        address = BOARD + html.unescape(links[0]) if links else ""
        assert bool(address) == (len(seen) < 5)
        if address:  # without JavaScript the same link is a page
            whole = client.get(address).content.decode()
            assert f'id="deal-{newest[len(seen)]}"' in whole
            assert "Back to the newest" in whole


@pytest.mark.sweep
def test_the_board_costs_the_same_however_full_it_is(
    school: Organization, manager: User, browse: Browse, stages: list[Stage]
) -> None:
    costs = []
    for number in (1, 7):
        for stage in stages * number:
            deal = DealFactory(organization=school, stage=stage, owner=UserFactory())
        client = browse(manager)
        with CaptureQueriesContext(connection) as drawn:
            client.get(BOARD)
        with CaptureQueriesContext(connection) as refused:
            step(client, deal, "move", stage=stages[0].pk)
        costs.append((len(drawn), len(refused)))
    assert costs[0] == costs[1]
    assert costs[0][0] <= 12 + len(stages)


def test_the_list_and_the_board_lead_to_each_other(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    listed = client.get(f"/admin/sales/deal/?organization={school.pk}").content.decode()
    assert f'href="{BOARD}?organization={school.pk}"' in listed
    assert f'href="/admin/sales/deal/?organization={school.pk}"' in client.get(BOARD).content.decode()
