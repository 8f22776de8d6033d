from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.autocomplete import ScopedAutocomplete
from accounts.staff import person
from crm.dashboard import dashboard


class StaffSite(AdminSite):
    """The staff's site. People come in through the same login page, with its limits, as everywhere else."""

    site_header = _("School administration")
    site_title = _("Administration")
    index_title = _("What to look after")

    def get_urls(self) -> list[Any]:
        """Without the redirect that tells any row's public address to whoever guesses its key."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        figures = dashboard(person(request), asked=request.GET.get("organization", ""))
        return super().index(request, {"dashboard": figures, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        response: Any = ScopedAutocomplete.as_view(admin_site=self)(request)
        return response  # type: ignore[no-any-return]
