"""The board as one person sees it: an organisation's open deals by stage, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Q, Sum, prefetch_related_objects
from django.utils import timezone

from accounts.models import Organization, User
from sales.models import Deal, DealQuerySet, Stage

CARDS = 50  # of a stage at a time


@dataclass(frozen=True)
class Card:
    deal: Deal
    may_change: bool
    may_take: bool

    @property
    def days(self) -> int:
        """For how many whole days the deal has been in its stage."""
        return (timezone.now() - self.deal.stage_entered_at).days


@dataclass
class Column:
    """A stage, the number and the sum of its open deals, and some of their cards.

    The sum is of the deals in the organisation's currency; `foreign` counts the others.
    """

    stage: Stage
    others: list[Stage]  # where a card may be moved: the next stage first, after the last one the first
    number: int = 0
    total: Decimal = Decimal(0)
    foreign: int = 0
    cards: list[Card] = field(default_factory=list)
    before: int = 0  # the cards are those of deals older than this one; 0: the newest
    next: int | None = None  # the last deal here, when older ones follow it


@dataclass(frozen=True)
class Columns:
    """Each method's queries are as many for ten deals as for a million."""

    organization: Organization
    user: User

    def deals(self, action: str = "view") -> DealQuerySet:
        return Deal.objects.for_staff(self.user, action, self.organization).open()

    @cached_property
    def tallied(self) -> list[Column]:
        """Each stage with its number and sum, without cards. The index deal_tally holds all that this reads."""
        foreign = ~Q(currency=self.organization.currency)
        sums = {"total": Sum("amount", filter=~foreign, default=Decimal(0)), "foreign": Count("pk", filter=foreign)}
        rows = self.deals().order_by().values_list("stage").annotate(number=Count("pk"), **sums)
        tallies = {stage: tally for stage, *tally in rows}
        stages = list(Stage.objects.of(self.organization.pk))
        return [
            Column(stage, stages[place + 1 :] + stages[:place], *tallies.get(stage.pk, []))
            for place, stage in enumerate(stages)
        ]

    def with_cards(self, *, stage: int, before: int) -> list[Column]:
        """All columns with their newest cards; one stage's may begin after an older deal."""
        pages = [self._page(column, before if column.stage.pk == stage else 0) for column in self.tallied]
        cards = iter(self._cards([deal for page in pages for deal in page]))
        for column, page in zip(self.tallied, pages, strict=True):
            column.cards = [next(cards) for _deal in page]
        return self.tallied

    def column(self, stage: int) -> Column | None:
        return next((column for column in self.tallied if column.stage.pk == stage), None)

    def fill(self, column: Column, *, before: int) -> None:
        """Give one column some cards of deals older than `before`."""
        column.cards = self._cards(self._page(column, before))

    def card(self, pk: int) -> Card | None:
        """A deal's card as it is now; None when it is no open deal that the person sees."""
        return next(iter(self._cards(self.deals().filter(pk=pk))), None)

    def _page(self, column: Column, before: int) -> list[Deal]:
        """A few deals of a stage, newest first, by the index deal_on_board; the column learns where it goes on."""
        rows = self.deals().filter(stage=column.stage).order_by("-pk")
        found = list((rows.filter(pk__lt=before) if before else rows)[: CARDS + 1])
        column.before = before
        column.next = found[CARDS - 1].pk if len(found) > CARDS else None
        return found[:CARDS]

    def _cards(self, deals: Iterable[Deal]) -> list[Card]:
        rows = list(deals)
        prefetch_related_objects(rows, "contact", "owner")
        changed, taken = self._those_of(rows, "change"), self._those_of(rows, "take")
        return [Card(deal, deal.pk in changed, deal.owner_id is None and deal.pk in taken) for deal in rows]

    def _those_of(self, rows: list[Deal], action: str) -> set[int]:
        return set(self.deals(action).filter(pk__in=[deal.pk for deal in rows]).values_list("pk", flat=True))
