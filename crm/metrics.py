"""GET /metrics for Prometheus, when METRICS is on. Whoever can reach it may read it: it is for the inner network.

Under several gunicorn workers PROMETHEUS_MULTIPROC_DIR must name an empty folder that they share, or each worker tells
of its own requests alone.
"""

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from events.metrics import Tables

REQUESTS = Histogram("http_request_seconds", "Time to answer a request.", ["method", "status"])
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
_tables = CollectorRegistry()
_tables.register(Tables())


def timed(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = get_response(request)
        REQUESTS.labels(_known_method(request), response.status_code).observe(time.perf_counter() - start)
        return response

    return middleware


def _known_method(request: HttpRequest) -> str | None:
    """Each label makes a series of its own: what a client invents must not."""
    return request.method if request.method in METHODS else "OTHER"


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(_requests()) + generate_latest(_tables), content_type=CONTENT_TYPE_LATEST)


def _requests() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
