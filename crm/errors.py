"""One error tree: a rule that refuses raises `RuleBroken`, and each surface shows it in its own way."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PROBLEM = "application/problem+json"


class RuleBroken(Exception):
    """A rule of the school refuses what was asked; whoever raises it has written nothing.

    `code` is stable and for programs, `message` is translated and for people, `status` is the API's answer.
    `field` names the input that is wrong, when it is one input.
    """

    code: ClassVar[str] = "rule_broken"
    status: ClassVar[int] = 409
    message: str | Promise = gettext_lazy("This is not possible now.")
    field: ClassVar[str | None] = None

    def __init__(self, message: str | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


# Pages, and answers that no view of the API gives


def problem(request: Any, *, status: int, code: str, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": getattr(request, "request_id", ""),
    }


class RefusalInForm:
    """For form views: a broken rule becomes an error beside its field, and what was typed stays."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        except RuleBroken as refusal:
            form: BaseForm = self.get_form()  # type: ignore[attr-defined]
            form.full_clean()
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.form_invalid(form)  # type: ignore[attr-defined,no-any-return]


class RefusalAsMessage:
    """For views of one verb: a broken rule becomes a message on the page that `back_to` names."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        except RuleBroken as refusal:
            messages.error(request, str(refusal))
            return redirect(self.back_to())

    def back_to(self) -> str:
        raise NotImplementedError


def _answer(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = problem(request, status=status, code=code, detail=detail)
        return JsonResponse(body, status=status, content_type=PROBLEM)
    return render(request, "error.html", {"status": status, "detail": detail}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, status=400, code="bad_request", detail=_("The request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, status=403, code="permission_denied", detail=_("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("This form is out of date. Nothing was saved: go back, reload the page and send it again.")
    return _answer(request, status=403, code="csrf_failed", detail=detail)


def body_too_large(request: HttpRequest, mebibytes: int) -> HttpResponse:
    detail = _("The body is larger than %(size)s MiB.") % {"size": mebibytes}
    return _answer(request, status=413, code="body_too_large", detail=detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, status=404, code="not_found", detail=_("There is nothing at this address."))


def too_many_requests(request: HttpRequest) -> HttpResponse:
    response = _answer(request, status=429, code="throttled", detail=_("Too many attempts. Please wait a minute."))
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    detail = _("Something broke on our side. It has been recorded; please try again later.")
    if request.path.startswith("/api/"):
        return _answer(request, status=500, code="error", detail=detail)
    # The session or the database may be what broke: this page asks neither.
    return HttpResponse(f"<!doctype html><title>500</title><p>{detail}</p>", status=500)
