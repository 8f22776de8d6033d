from typing import Any, cast

from allauth.account import views as allauth_views
from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.generic import UpdateView

from accounts.forms import ProfileForm
from accounts.models import User
from crm.errors import RefusalInForm

TYPED = "typed_before_sign_in"
LONGEST_KEPT = 10_000


class PostNeedsLogin(AccessMixin):
    """For form views that anyone may read: what was typed after the session had ended waits for the next sign-in."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            names = self.get_form_class().base_fields  # type: ignore[attr-defined]
            kept = {name: request.POST.get(name, "")[:LONGEST_KEPT] for name in names}
            request.session[TYPED] = {"path": request.path, "data": kept}
            messages.info(request, _("Please sign in. What you wrote is kept."))
            return self.handle_no_permission()
        return super().post(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def get_initial(self) -> dict[str, Any]:
        request = cast("HttpRequest", self.request)  # type: ignore[attr-defined]
        kept = request.session.get(TYPED) if request.user.is_authenticated else None
        if kept and kept["path"] == request.path:
            return dict(request.session.pop(TYPED)["data"])
        return super().get_initial()  # type: ignore[misc,no-any-return]


class Signup(RefusalInForm, allauth_views.SignupView):  # type: ignore[misc]
    """allauth's page; two sign-ups of one e-mail at once end in a message, not in an error page."""


class Profile(LoginRequiredMixin, UpdateView[User, ProfileForm]):
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("profile")

    def get_object(self, queryset: Any = None) -> User:
        return User.objects.get(pk=str(self.request.user.pk))

    def form_valid(self, form: BaseForm) -> HttpResponse:
        messages.success(self.request, _("Your profile is saved."))
        return super().form_valid(cast("ProfileForm", form))
