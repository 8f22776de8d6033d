"""Verbs in the admin: a button on a row's page, an action on the list, and a page that asks for what a verb needs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.staff import ScopedAdmin, person
from crm.errors import RuleBroken

M = TypeVar("M", bound=models.Model)
Verb = Callable[..., Any]

MOST_ROWS = 500  # each is a transaction of its own: some seconds in all


class VerbForm(forms.Form):
    """What a verb needs to know besides the rows; its values go to the service by their names."""

    def __init__(self, data: Any = None, *, rows: Sequence[Any]) -> None:
        super().__init__(data)
        self.rows = rows


class VerbAdmin(ScopedAdmin[M]):
    """Rows that change by verbs, each with a permission.

    `verbs` maps a verb to its label and its service; the service is called with the row and `by`. `asks` maps a verb to
    the form of what else the service needs, `permission_of` to the action that permits it, when not of the same name.
    """

    change_form_template = "admin/verbs_change_form.html"
    verbs: dict[str, tuple[Any, Verb]] = {}
    asks: dict[str, type[VerbForm]] = {}
    permission_of: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_verb"
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The verbs that some role of the person permits; deletion goes one by one, with its own confirmation."""
        actions: dict[str, Any] = dict(super().get_actions(request))
        actions.pop("delete_selected", None)
        for verb, (label, _service) in self.verbs.items():
            if self.permits(request, self._right(verb)):
                actions[verb] = (self._bulk(verb), verb, label)
        return actions

    def _right(self, verb: str) -> str:
        return self.permission_of.get(verb, verb)

    def _bulk(self, verb: str) -> Callable[[Any, HttpRequest, QuerySet[M]], HttpResponse | None]:
        def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[M]) -> HttpResponse | None:
            rows, told = list(queryset[: MOST_ROWS + 1]), "told" in request.POST
            if len(rows) > MOST_ROWS:
                refusal = _("At most %(n)d rows can be done at once, and more were chosen. Nothing was done.")
                messages.error(request, refusal % {"n": MOST_ROWS})
                return None
            if verb not in self.asks:
                self.do_each(request, rows, verb)
                return None
            form = self.asks[verb](request.POST if told else None, rows=rows)
            if not form.is_valid():
                sent = [("action", verb), *((ACTION_CHECKBOX_NAME, str(row.pk)) for row in rows)]
                return self.ask(request, form, title=self.verbs[verb][0], rows=rows, sent=sent)
            self.do_each(request, rows, verb, **form.cleaned_data)
            return None

        return action

    def do_each(self, request: HttpRequest, rows: Iterable[M], verb: str, **given: Any) -> None:
        """Each row on its own: a refusal undoes no other, and the message names it with its reason."""
        reached = self.scoped(request, self._right(verb)).filter(pk__in=[row.pk for row in rows])
        permitted, done = set(reached.values_list("pk", flat=True)), list[M]()
        for row in rows:
            try:
                if row.pk not in permitted:
                    raise RuleBroken(_("You may not do this."))
                self.verbs[verb][1](**{str(self.opts.model_name): row}, by=person(request), **given)
                done.append(row)
            except RuleBroken as refusal:
                messages.error(request, f"{row}: {refusal}")
        if len(done) == 1:
            messages.success(request, f"{self.verbs[verb][0]}: {done[0]}")
        elif done:
            text = ngettext("%(verb)s: %(n)d row done.", "%(verb)s: %(n)d rows done.", len(done))
            messages.success(request, text % {"verb": self.verbs[verb][0], "n": len(done)})

    def verb_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if verb not in self.verbs or not self.permits(request, self._right(verb), row):
            raise PermissionDenied
        posted = request.method == "POST"  # a GET comes from a link to the question, or after an expired session
        if verb in self.asks:
            form = self.asks[verb](request.POST if posted else None, rows=[row])
            if not form.is_valid():
                return self.ask(request, form, title=self.verbs[verb][0], rows=[row])
            self.do_each(request, [row], verb, **form.cleaned_data)
        elif posted:
            self.do_each(request, [row], verb)
        return redirect(self.page_of(row.pk, request.GET))

    def page_of(self, pk: int, query: Any = None) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk], query=query)

    def ask(
        self, request: HttpRequest, form: forms.Form, *, title: Any, rows: Sequence[M], sent: Any = (), **more: Any
    ) -> TemplateResponse:
        """A page of its own with a form about some rows; `sent` goes along with what is typed."""
        about = {"title": title, "form": form, "rows": rows, "sent": [*sent, ("told", "yes")], "opts": self.opts}
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        back = back if sent else self.page_of(rows[0].pk, request.GET)
        context = self.admin_site.each_context(request) | about | {"back": back} | more
        return TemplateResponse(request, "admin/ask.html", context)

    def offers(self, verb: str, row: M) -> bool:
        """Whether the row's page shows the button; the service decides all the same."""
        return True

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        context["verbs"] = [
            (verb, label, verb in self.asks)
            for verb, (label, _service) in self.verbs.items()
            if row is not None and self.offers(verb, row) and self.permits(request, self._right(verb), row)
        ]
        return super().render_change_form(request, context, *args, **kwargs)
