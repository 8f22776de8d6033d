import ipaddress
from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils.translation import get_language

from events import letters


class QueuedMessage(EmailMessage):
    """A letter of allauth's that waits its turn with all others, so that no sign-up fails with the mail server."""

    def send(self, fail_silently: bool = False, **kwargs: Any) -> int:
        subject, text, key = str(self.subject), str(self.body), f"account:{uuid4().hex}"
        html = letters.as_html(subject=subject, text=text, language=get_language() or settings.LANGUAGE_CODE)
        return int(letters.post(key=key, to=self.to[0], subject=subject, text=text, html=html))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's, with our own idea of who is asking and our own way to the mail server."""

    def render_mail(self, *args: Any, **kwargs: Any) -> QueuedMessage:
        message = super().render_mail(*args, **kwargs)
        return QueuedMessage(message.subject, message.body, to=message.to)

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
