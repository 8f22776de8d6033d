from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts import tokens
from accounts.models import User


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; no CSRF token is needed, since no browser sends it by itself."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return tokens.user_of(token), token
        except tokens.InvalidToken as error:
            raise AuthenticationFailed(_("The token is not valid any more."), code="invalid_token") from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(SessionAuthentication):
    """The Django session, with CSRF enforced on unsafe methods; no session is 401, not 403."""

    def enforce_csrf(self, request: Request) -> None:
        """In words that can be translated."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            text = _(
                "The CSRF check failed: send the value of the cookie csrftoken as X-CSRFToken, from a page of ours."
            )
            raise PermissionDenied(text) from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = CookieAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session_token"}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The OAuth2 password form, so that Swagger's Authorize asks for an e-mail and a password."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "oauth2", "flows": {"password": {"tokenUrl": "/api/v1/auth/token", "scopes": {}}}}
