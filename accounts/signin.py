"""Signing in by e-mail and password in the API, with all that the login page respects."""

import base64

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from accounts.models import User

LOCKED_OUT_SECONDS = 300  # allauth's own window for failed logins of one e-mail


def authenticate(request: Request, *, email: str, password: str) -> User:
    """The active user with this e-mail and password.

    The check and its limit on failed attempts are the login page's, and take as long for an unknown address. An account
    with a second factor, or with an address that must be confirmed first, is not let in by its password alone.
    Raises AuthenticationFailed, Throttled.
    """
    if not ratelimit.consume(request._request, action="login"):
        raise Throttled(wait=60)
    try:
        user = get_adapter().authenticate(request._request, email=email, password=password)
    except ValidationError as error:
        raise Throttled(wait=LOCKED_OUT_SECONDS) from error
    if not isinstance(user, User) or not user.is_active:
        raise AuthenticationFailed(_("The e-mail or the password is wrong."))
    if is_mfa_enabled(user):
        raise AuthenticationFailed(
            _("This account has a second factor: sign in on the login page."), code="mfa_required"
        )
    if _must_confirm(user):
        raise AuthenticationFailed(_("Confirm your e-mail first."), code="email_unverified")
    return user


def _must_confirm(user: User) -> bool:
    mandatory = app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY
    return mandatory and not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def basic_credentials(request: Request) -> dict[str, str] | None:
    """E-mail and password of an HTTP Basic header; None without one. Raises AuthenticationFailed for a damaged one."""
    scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:  # not ASCII, not base64, not UTF-8
        raise AuthenticationFailed(_("The e-mail or the password is wrong.")) from error
    if not colon:
        raise AuthenticationFailed(_("The e-mail or the password is wrong."))
    return {"email": email, "password": password}
