"""What a load balancer and an orchestrator ask: anonymous, without a session, and too cheap to matter."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

Handler = Callable[[HttpRequest], HttpResponse]


@require_safe
def ping(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; it asks nothing else, so that a broken database does not restart the web."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """503 takes the process out of the balancer until what `failed` names is mended."""
    failed = _failed()
    if failed:
        return JsonResponse({"status": "unavailable", "failed": failed}, status=503)
    return JsonResponse({"status": "ok"})


PROBES = {"/ping": ping, "/health/live": live, "/health/ready": ready}


def probes(get_response: Handler) -> Handler:
    """Orchestrators ask by the container's address, which is no host name of the site, and without HTTPS."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path, get_response)(request)

    return middleware


def _failed() -> dict[str, Any]:
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except Error:
        return {"database": "does not answer"}
    missing = [f"{app}.{name}" for app, name in _wanted() if (app, name) not in applied]
    return {"migrations": missing} if missing else {}


@cache
def _wanted() -> list[tuple[str, str]]:
    """The migrations of this code; read once, since code does not change."""
    return sorted(MigrationLoader(None).graph.nodes)
