import io
import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC
from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from crm.errors import body_too_large
from crm.health import PROBES

Handler = Callable[[HttpRequest], HttpResponse]

log = structlog.stdlib.get_logger("crm.request")

MEBIBYTE = 1024 * 1024
LARGEST_IN_API, LARGEST_FORM = 1, 4  # mebibytes
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def trace(get_response: Handler) -> Handler:
    """Give each request an id (a sane incoming one is kept), each response that id and its ms, and the log a line.

    A probe comes every second: one that finds all well has its line at LOG_LEVEL=DEBUG only. The id stays bound after
    the answer: Django logs a 500 that a view has handled once this middleware has returned.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        request_id = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = get_response(request)
        took = round((time.perf_counter() - start) * 1000, 1)
        response["X-Request-Id"] = request_id
        response["X-Process-Time-ms"] = f"{took:.1f}"
        probe = request.path in PROBES and response.status_code == HTTPStatus.OK
        log.log(
            logging.DEBUG if probe else logging.INFO,
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=took,
            user=_known_user(request),
        )
        return response

    return middleware


def _known_user(request: HttpRequest) -> int | None:
    """The id of a person whom the request has asked for already: a line in the log costs no query."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and not hasattr(request, "_cached_user"):
        return None
    return getattr(user, "pk", None)


def small_bodies(get_response: Handler) -> Handler:
    """Refuse a large body before anything reads it.

    DATA_UPLOAD_MAX_MEMORY_SIZE is asked neither by DRF's parsers nor for a form's files, which fill the disk.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        mebibytes = LARGEST_IN_API if request.path.startswith("/api/") else LARGEST_FORM
        if _is_larger(request, mebibytes * MEBIBYTE):
            return body_too_large(request, mebibytes)
        return get_response(request)

    return middleware


def _is_larger(request: HttpRequest, largest: int) -> bool:
    """Of a body in chunks the length is only known by reading it, whatever Content-Length says."""
    if not (request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("wsgi.input_terminated")):
        length = request.META.get("CONTENT_LENGTH") or ""
        return length.isdecimal() and int(length[:20]) > largest
    body = request.META["wsgi.input"].read(largest + 1)
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = io.BytesIO(body)  # Django reads no body without Content-Length
    return len(body) > largest


def utc_in_api(get_response: Handler) -> Handler:
    """Times in the API are UTC; pages show the school's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return get_response(request)
        with timezone.override(UTC):
            return get_response(request)

    return middleware
