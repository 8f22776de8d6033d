"""The pipeline as a board: cards are dragged, moved by keyboard, or by plain forms without JavaScript."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.keys import is_key
from accounts.models import Organization
from accounts.staff import ScopedAdmin, person
from crm.errors import RuleBroken
from sales import pipeline
from sales.columns import Columns
from sales.models import Deal, Stage

PICKED_FROM = 100  # organisations; only a platform superuser sees more, and reaches those from a deal's list


class StepForm(forms.Form):
    """What a card sends with every step: the deal as it was when the card was drawn."""

    version = forms.IntegerField(error_messages=dict.fromkeys(["required", "invalid"], pipeline.StaleVersion.message))

    def __init__(self, data: Any, deal: Deal) -> None:
        super().__init__(data)
        self.deal = deal


class MoveForm(StepForm):
    stage = forms.ModelChoiceField(
        Stage.objects.none(),
        error_messages=dict.fromkeys(["required", "invalid_choice"], gettext_lazy("There is no such stage here.")),
    )

    def __init__(self, data: Any, deal: Deal) -> None:
        super().__init__(data, deal)
        self.fields["stage"].queryset = Stage.objects.of(deal.organization_id)  # type: ignore[attr-defined]


class LoseForm(StepForm):
    reason = forms.CharField(max_length=500, error_messages={"required": pipeline.LostReasonRequired.message})


class Step(NamedTuple):
    """A form whose values are the service's keywords, the right that it takes, and what is said when it is done."""

    form: type[StepForm]
    service: Callable[..., Deal]
    done: str | Promise
    right: str = "change"


STEPS = {
    "move": Step(MoveForm, pipeline.move, gettext_lazy("“%(deal)s” is now in “%(stage)s”.")),
    "win": Step(StepForm, pipeline.win, gettext_lazy("“%(deal)s” is won.")),
    "lose": Step(LoseForm, pipeline.lose, gettext_lazy("“%(deal)s” is lost.")),
    "take": Step(StepForm, pipeline.take, gettext_lazy("“%(deal)s” is yours now."), right="take"),
}


class Board(ScopedAdmin[Deal]):
    """The board, for the admin of deals. Every step asks the same rights and services as the other doors."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("board/", wrap(self.board_view), name="sales_deal_board"),
            path("board/<int:pk>/<slug:name>/", wrap(self.step_view), name="sales_deal_step"),
            *super().get_urls(),
        ]

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """The whole board; to htmx, which asks for older deals of one stage, only their cards."""
        columns = self._columns(request)
        stage, before = _key(request.GET.get("stage")), _key(request.GET.get("before"))
        if "HX-Request" in request.headers:
            return self._more(request, columns, stage, before)
        drawn = columns.with_cards(stage=stage, before=before)
        return self._show(
            request,
            "board",
            columns,
            **self.admin_site.each_context(request),
            opts=self.opts,
            title=_("Board"),
            organizations=Organization.objects.for_staff(request.user, "view")[:PICKED_FROM],
            foreign=any(column.foreign for column in drawn),
        )

    def _more(self, request: HttpRequest, columns: Columns, stage: int, before: int) -> HttpResponse:
        column = columns.column(stage)
        if column is None:
            raise Http404
        columns.fill(column, before=before)
        return self._show(request, "board_more", columns, column=column)

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        deal = get_object_or_404(self.scoped(request, "view"), pk=pk)
        if name not in STEPS:
            raise Http404
        board = reverse("admin:sales_deal_board", query=request.GET)
        if request.method != "POST":  # a GET comes from the login page, after an expired session
            return redirect(board)
        if not self.permits(request, STEPS[name].right, deal):
            raise PermissionDenied
        done, said = _do(STEPS[name], deal, request)
        if "HX-Request" in request.headers:
            return self._changed(request, deal, said, refused=not done)
        messages.add_message(request, messages.SUCCESS if done else messages.ERROR, said if done else f"{deal}: {said}")
        return redirect(board)

    def _columns(self, request: HttpRequest) -> Columns:
        """Those of the organisation in the address, or of the first in which the person works."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mine, asked = Organization.objects.for_staff(request.user, "view"), request.GET.get("organization")
        organization = mine.filter(pk=_key(asked)).first() if asked else mine.first()
        if organization is None:
            raise Http404
        return Columns(organization, person(request))

    def _changed(self, request: HttpRequest, deal: Deal, said: str, *, refused: bool) -> HttpResponse:
        """The card as it is now, in the column where it is now, and every column's number and sum."""
        columns = Columns(deal.organization, person(request))
        context: dict[str, Any] = {"said": said, "refused": refused, "reason": request.POST.get("reason", "")}
        if card := columns.card(deal.pk):
            column = columns.column(card.deal.stage_id)
            stays = request.POST.get("column") == str(card.deal.stage_id)
            context |= {"card": card, "column": column, "stays": stays}
        return self._show(request, "board_changed", columns, **context)

    def _show(self, request: HttpRequest, template: str, columns: Columns, **context: Any) -> HttpResponse:
        context |= {
            "organization": columns.organization,
            "columns": columns.tallied,
            "query": request.GET.urlencode(),
        }
        return TemplateResponse(request, f"admin/sales/{template}.html", context)


def _do(step: Step, deal: Deal, request: HttpRequest) -> tuple[bool, str]:
    """Whether the step was taken, and what to say about it."""
    form = step.form(request.POST, deal)
    if not form.is_valid():
        return False, " ".join(str(text) for texts in form.errors.values() for text in texts)
    try:
        step.service(deal=deal, by=person(request), **form.cleaned_data)
    except RuleBroken as refusal:
        return False, str(refusal)
    return True, step.done % {"deal": deal, **form.cleaned_data}


def _key(text: str | None) -> int:
    """A key from an address, 0 for what cannot be one: no row has that."""
    return int(text) if text and is_key(text) else 0
