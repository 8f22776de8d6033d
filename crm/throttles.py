from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from accounts.adapter import client_address


class AddressThrottle(AnonRateThrottle):
    """Per address of a visitor, the same address that the limits on signing in count by."""

    def get_ident(self, request: Request) -> str:
        return client_address(request._request)


class PersonThrottle(UserRateThrottle):
    """Per signed-in person; DRF's own would count visitors a second time, who have the limit of their address."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None
