import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def trace(get_response: Handler) -> Handler:
    """Give each request an id (a sane incoming one is kept) and each response that id and its time in ms."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        request_id = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        response = get_response(request)
        response["X-Request-Id"] = request_id
        response["X-Process-Time-ms"] = f"{(time.perf_counter() - start) * 1000:.1f}"
        return response

    return middleware


def utc_in_api(get_response: Handler) -> Handler:
    """Times in the API are UTC; pages show the school's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return get_response(request)
        with timezone.override(UTC):
            return get_response(request)

    return middleware
