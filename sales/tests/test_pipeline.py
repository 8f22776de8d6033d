"""The deal's state machine: every way, every refusal, and a line in the timeline for each step."""

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.access import Role
from accounts.factories import UserFactory, member
from accounts.models import Organization, User
from events.models import Event
from sales import pipeline
from sales.factories import ContactFactory, DealFactory
from sales.models import Activity, Deal, Stage
from sales.pipeline import AmountRequired, InvalidTransition, LostReasonRequired, StageRollback, StaleVersion, Taken
from sales.services import deals, stages

S = Deal.Status


@pytest.fixture
def owner(school: Organization) -> User:
    return member(Role.OWNER, school)


def deal_with(status: str, school: Organization) -> Deal:
    """A deal that was led to a status by the verbs themselves."""
    deal, by = DealFactory(organization=school), member(Role.OWNER, school)
    steps: dict[str, list[Callable[..., Deal]]] = {
        S.NEW: [],
        S.IN_PROGRESS: [pipeline.start],
        S.WON: [pipeline.win],
        S.LOST: [lambda **given: pipeline.lose(**given, reason="дорого")],
        S.CLOSED: [pipeline.win, pipeline.close],
    }
    for step in steps[status]:
        deal = step(deal=deal, by=by)
    return deal


WAYS = {
    (S.NEW, "start"): S.IN_PROGRESS,
    (S.NEW, "win"): S.WON,
    (S.NEW, "lose"): S.LOST,
    (S.IN_PROGRESS, "win"): S.WON,
    (S.IN_PROGRESS, "lose"): S.LOST,
    (S.WON, "close"): S.CLOSED,
    (S.LOST, "close"): S.CLOSED,
    (S.LOST, "reopen"): S.IN_PROGRESS,
}


@pytest.mark.sweep
def test_every_verb_in_every_status(school: Organization, owner: User) -> None:
    for status, verb in product(S.values, ["start", "win", "lose", "close", "reopen"]):
        deal, given = deal_with(status, school), {"reason": "дорого"} if verb == "lose" else {}
        lines = Activity.objects.filter(deal=deal, kind="status_changed").count()
        if wanted := WAYS.get((S(status), verb)):
            done = getattr(pipeline, verb)(deal=deal, by=owner, **given)
            assert done.status == Deal.objects.get(pk=deal.pk).status == wanted, (status, verb)
            line = Activity.objects.filter(deal=deal, kind="status_changed").latest("id")
            assert (line.payload["from"], line.payload["to"], line.author) == (status, wanted, owner)
            assert done.version > deal.version
            continue
        with pytest.raises(InvalidTransition):
            getattr(pipeline, verb)(deal=deal, by=owner, **given)
        assert Deal.objects.get(pk=deal.pk).status == status
        assert Activity.objects.filter(deal=deal, kind="status_changed").count() == lines


def test_winning_needs_an_amount_and_losing_a_reason(school: Organization, owner: User) -> None:
    deal = DealFactory(organization=school, amount=0)
    with pytest.raises(AmountRequired):
        pipeline.win(deal=deal, by=owner)
    for reason in ("", "  \n"):
        with pytest.raises(LostReasonRequired):
            pipeline.lose(deal=deal, by=owner, reason=reason)
    assert not Activity.objects.filter(deal=deal).exists()
    assert not Event.objects.filter(topic="sales-events").exists()


def test_both_outcomes_end_in_the_last_stage_and_reopening_goes_back(school: Organization, owner: User) -> None:
    deal = DealFactory(organization=school)
    pipeline.move(deal=deal, stage=Stage.objects.get(slug="proposal"), by=owner)
    lost = pipeline.lose(deal=deal, by=owner, reason=" дорого ")
    assert (lost.stage.slug, lost.lost_reason, bool(lost.lost_at), lost.won_at) == ("closed", "дорого", True, None)
    again = pipeline.reopen(deal=deal, by=owner)
    assert (again.stage.slug, again.lost_reason, again.lost_at) == ("proposal", "", None)
    Stage.objects.filter(organization=school, slug="proposal").update(slug="offer")
    pipeline.lose(deal=deal, by=owner, reason="снова дорого")
    assert pipeline.reopen(deal=deal, by=owner).stage.slug == "offer"
    won = pipeline.win(deal=deal, by=owner)
    assert (won.stage.slug, bool(won.won_at), won.lost_at) == ("closed", True, None)
    moves = Activity.objects.filter(deal=deal, kind="stage_changed").order_by("id").values_list("payload", flat=True)
    assert [(move["from"], move["to"]) for move in moves] == [
        ("qualification", "proposal"), ("proposal", "closed"), ("closed", "proposal"), ("offer", "closed"),
        ("closed", "offer"), ("offer", "closed"),
    ]  # fmt: skip


def test_only_leaders_move_a_deal_back(school: Organization) -> None:
    first, second = Stage.objects.of(school.pk)[:2]
    for role in (Role.OWNER, Role.ADMIN, Role.MANAGER, Role.SALES):
        by = member(role, school)
        deal = DealFactory(organization=school, owner=by, stage=second)
        if role in (Role.OWNER, Role.ADMIN):
            assert pipeline.move(deal=deal, stage=first, by=by).stage == first
            continue
        with pytest.raises(StageRollback):
            pipeline.move(deal=deal, stage=first, by=by)
        assert Deal.objects.get(pk=deal.pk).stage == second


def test_only_an_open_deal_moves_and_only_at_home(school: Organization, owner: User) -> None:
    last = Stage.objects.of(school.pk).reverse()[0]
    for status in (S.WON, S.LOST, S.CLOSED):
        with pytest.raises(InvalidTransition):
            pipeline.move(deal=deal_with(status, school), stage=last, by=owner)
    foreign = DealFactory().stage
    with pytest.raises(InvalidTransition):
        pipeline.move(deal=DealFactory(organization=school), stage=foreign, by=owner)


def test_a_stale_version_is_refused_by_every_verb(school: Organization, owner: User) -> None:
    deal = DealFactory(organization=school)
    pipeline.start(deal=deal, by=owner, version=1)
    stage = Stage.objects.get(organization=school, slug="proposal")
    verbs: list[tuple[Callable[..., Deal], dict[str, Any]]] = [
        (pipeline.win, {}), (pipeline.lose, {"reason": "x"}), (pipeline.move, {"stage": stage}), (pipeline.take, {}),
        (deals.update, {"title": "x"}),
    ]  # fmt: skip
    for verb, more in verbs:
        with pytest.raises(StaleVersion):
            verb(deal=deal, by=owner, version=1, **more)
    assert Deal.objects.get(pk=deal.pk).version == 2


def test_a_deal_without_an_owner_is_taken_once(school: Organization) -> None:
    deal, sales = DealFactory(organization=school), member(Role.SALES, school)
    taken = pipeline.take(deal=deal, by=sales)
    assert (taken.owner, taken.contact.owner, taken.version) == (sales, sales, 2)
    with pytest.raises(Taken):
        pipeline.take(deal=deal, by=member(Role.SALES, school))


def test_the_database_holds_the_rules_too(school: Organization, student: User) -> None:
    rows = Deal.objects.filter(pk=DealFactory(organization=school).pk)
    impossible: list[dict[str, Any]] = [
        {"amount": -1}, {"status": "won"}, {"status": "lost"}, {"status": "lost", "lost_at": "2026-01-01T00:00Z"},
        {"amount": 0, "status": "won", "won_at": "2026-01-01T00:00Z"},
        {"won_at": "2026-01-01T00:00Z", "lost_at": "2026-01-01T00:00Z"},
    ]  # fmt: skip
    for broken in impossible:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**broken)


def test_each_changed_field_has_its_line(school: Organization, owner: User) -> None:
    deal = DealFactory(organization=school, title="Было", amount="10.00")
    deals.update(deal=deal, by=owner, title="Стало", amount=Decimal("20.00"), owner=owner, currency="RUB")
    lines = Activity.objects.filter(deal=deal, contact=deal.contact, author=owner).order_by("id")
    assert [(line.payload["field"], line.payload["from"], line.payload["to"]) for line in lines] == [
        ("title", "Было", "Стало"),
        ("amount", "10.00", "20.00"),
        ("owner", None, owner.name),
    ]
    assert Deal.objects.get(pk=deal.pk).version == 2


def test_a_sale_keeps_an_amount(school: Organization, owner: User) -> None:
    deal = pipeline.win(deal=DealFactory(organization=school), by=owner)
    with pytest.raises(deals.AmountOfSale):
        deals.update(deal=deal, by=owner, amount=Decimal(0))


def test_a_deal_takes_its_contact_and_course_from_home(school: Organization, owner: User) -> None:
    foreign = ContactFactory()
    with pytest.raises(deals.ForeignContact):
        deals.create(deal=Deal(organization=school, contact=foreign, title="Чужая"), by=owner)
    contact, stage = ContactFactory(organization=school), Stage.objects.of(foreign.organization_id)[0]
    with pytest.raises(deals.ForeignStage):
        deals.create(deal=Deal(organization=school, contact=contact, stage=stage, title="Чужая"), by=owner)
    gone = Stage.objects.of(school.pk)[1]
    stages.delete(stage=Stage.objects.get(pk=gone.pk))
    deal = DealFactory(organization=school)
    with pytest.raises(stages.StageGone):
        pipeline.move(deal=deal, stage=gone, by=owner)


def test_a_deal_lost_in_the_last_stage_is_reopened_there(school: Organization, owner: User) -> None:
    last = Stage.objects.of(school.pk).reverse()[0]
    deal = pipeline.move(deal=DealFactory(organization=school), stage=last, by=owner)
    assert pipeline.reopen(deal=pipeline.lose(deal=deal, by=owner, reason="дорого"), by=owner).stage == last


def test_a_closed_deal_keeps_its_amount(school: Organization, owner: User) -> None:
    deal = pipeline.close(deal=pipeline.win(deal=DealFactory(organization=school), by=owner), by=owner)
    for changes in ({"amount": Decimal(1)}, {"currency": "USD"}):
        with pytest.raises(deals.DealClosed):
            deals.update(deal=deal, by=owner, **changes)
    assert deals.update(deal=deal, by=owner, title="Итог", amount=deal.amount).title == "Итог"


def test_only_a_colleague_takes_a_deal(school: Organization) -> None:
    with pytest.raises(pipeline.NotAtWorkHere):
        pipeline.take(deal=DealFactory(organization=school), by=UserFactory(is_superuser=True))
