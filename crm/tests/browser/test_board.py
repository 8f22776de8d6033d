"""The pipeline board in a browser: with the mouse, with the keyboard, and what it says when a rule refuses."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F
from django.utils.translation import gettext as _
from playwright.sync_api import Locator, Page, expect

from accounts.access import Role
from accounts.factories import OrganizationFactory, member
from accounts.models import Organization
from crm.tests.browser.test_story import fits, sign_in
from sales import columns, pipeline
from sales.factories import DealFactory
from sales.models import Deal, Stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stages() -> list[Stage]:
    return list(Stage.objects.of(OrganizationFactory(name="Школа «Маяк»").pk))


@pytest.fixture
def school(stages: list[Stage]) -> Organization:
    return stages[0].organization


def card(page: Page, deal: Deal) -> Locator:
    return page.locator(f"#deal-{deal.pk}")


def column(page: Page, stage: Stage) -> Locator:
    return page.get_by_role("region", name=stage.name)


def drag(page: Page, deal: Deal, *places: Locator) -> None:
    """With a real mouse: over each of the places in turn, and let go over the last."""
    card(page, deal).get_by_text(deal.contact.name).hover()
    page.mouse.down()
    for place in (card(page, deal), *places):  # a first move on the card itself begins the drag
        place.hover()
        place.hover()  # and a first one over a place only enters it
    page.mouse.up()


def open_board(page: Page, live_server: Any, school: Organization) -> Deal:
    """Sign in as the school's manager; returns a deal of theirs in the second stage."""
    manager = member(Role.MANAGER, school)
    deal = DealFactory(organization=school, title="Python с нуля", owner=manager, stage=Stage.objects.of(school.pk)[1])
    sign_in(page, f"{live_server.url}/admin/sales/deal/board/", manager.email)
    page.wait_for_load_state()  # the script has run
    return deal


def test_a_card_is_dragged(page: Page, live_server: Any, school: Organization, stages: list[Stage]) -> None:
    deal = open_board(page, live_server, school)
    assert fits(page)
    drag(page, deal, column(page, stages[2]).locator(".board-tally"))
    expect(column(page, stages[2]).locator(".card")).to_have_id(f"deal-{deal.pk}")
    expect(card(page, deal)).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(
        _("“%(deal)s” is now in “%(stage)s”.") % {"deal": deal, "stage": stages[2]}
    )
    for stage, number in ((stages[1], "0"), (stages[2], "1")):
        expect(column(page, stage).locator(".board-tally")).to_contain_text(f"{number} ")

    drag(page, deal, column(page, stages[0]).locator(".board-tally"))
    expect(column(page, stages[2]).get_by_role("alert")).to_have_text(str(pipeline.StageRollback.message))
    assert Deal.objects.get().stage == stages[2]

    drag(page, deal, column(page, stages[2]).locator(".board-tally"), page.locator(".board-outcomes [data-step=lose]"))
    expect(card(page, deal).locator("[name=reason]")).to_be_focused()
    drag(page, deal, column(page, stages[2]).locator(".board-tally"), page.locator(".board-outcomes [data-step=win]"))
    expect(card(page, deal)).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text(_("“%(deal)s” is won.") % {"deal": deal})
    assert Deal.objects.get().status == Deal.Status.WON


def test_a_card_is_moved_and_lost_by_keyboard(
    page: Page, live_server: Any, school: Organization, stages: list[Stage]
) -> None:
    deal = open_board(page, live_server, school)
    card(page, deal).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(column(page, stages[2]).locator(".card")).to_be_focused()
    for _key in ("Tab", "Tab", "Enter", "Tab", "Tab", "Enter"):  # the title, the steps, the next stage, “Move”
        page.keyboard.press(_key)
    expect(column(page, stages[3]).locator(".card")).to_be_focused()
    Deal.objects.update(version=F("version") + 1)  # somebody else was faster
    for _key in ("Tab", "Tab", "Enter", "Tab", "Tab", "Tab", "Tab", *"price", "Enter"):
        page.keyboard.press(_key)
    expect(card(page, deal).get_by_role("alert")).to_have_text(str(pipeline.StaleVersion.message))
    expect(card(page, deal).locator("[name=reason]")).to_have_value("price")
    card(page, deal).get_by_role("button", name=_("Lose")).press("Enter")
    expect(page.get_by_role("status")).to_be_focused()
    lost = Deal.objects.get()
    assert (lost.status, lost.lost_reason) == (Deal.Status.LOST, "price")


def test_older_cards_are_loaded_once(
    page: Page, live_server: Any, school: Organization, stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "CARDS", 2)
    oldest = DealFactory(organization=school, stage=stages[0])
    DealFactory.create_batch(3, organization=school, stage=stages[1])
    open_board(page, live_server, school)
    card(page, oldest).focus()
    page.keyboard.press("Shift+ArrowRight")  # to the top of a column whose last page it belongs to
    cards, more = column(page, stages[1]).locator(".card"), column(page, stages[1]).get_by_role("link", name=_("More"))
    expect(cards).to_have_count(3)
    more.click()
    expect(cards).to_have_count(5)
    more.click()
    expect(more).to_have_count(0)
    expect(cards).to_have_count(5)
    expect(cards.first).to_have_id(f"deal-{oldest.pk}")
    assert page.url.endswith("/board/")


def test_an_ended_session_leads_to_the_login(page: Page, live_server: Any, school: Organization) -> None:
    free = DealFactory(organization=school)
    open_board(page, live_server, school)
    Session.objects.all().delete()
    card(page, free).get_by_role("button", name=_("Take")).click()
    expect(page.locator("[name=password]")).to_be_visible()


def test_the_board_works_without_javascript(
    browser: Any, live_server: Any, school: Organization, stages: list[Stage]
) -> None:
    page = browser.new_page(java_script_enabled=False, locale="en")
    deal = open_board(page, live_server, school)
    card(page, deal).get_by_text("Change").click()
    card(page, deal).get_by_role("combobox").select_option(stages[3].name)
    card(page, deal).get_by_role("button", name="Move").click()
    expect(page.locator(".messagelist .success").last).to_contain_text(stages[3].name)
    expect(column(page, stages[3]).locator(".card")).to_have_id(f"deal-{deal.pk}")
    page.close()
