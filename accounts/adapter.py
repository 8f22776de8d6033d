import ipaddress
import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's, with our own idea of who is asking, and no sign-up that fails with the mail server."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The account is there, and its letter can be asked for again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            log.exception("the letter %s was not sent", template_prefix)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By the account alone: allauth's key holds the Host header, whose port a client chooses freely."""
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


def client_address(request: HttpRequest) -> str:
    """Who is counted by the limits: the address that the outermost of our proxies saw, or else the connection's own.

    Of an IPv6 address only its network (/64): a client has all of it.
    """
    seen = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    count = min(settings.TRUSTED_PROXY_COUNT, len(seen))
    text = seen[-count] if count else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)
