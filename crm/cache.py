"""The cache that processes share, and what stands in for it. It holds limits and figures: nothing to be lost."""

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

import structlog
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.stdlib.get_logger(__name__)

PATIENCE = 0.5  # seconds for a connection, and for an answer
PAUSE = 5.0  # seconds until it is asked again
OPERATIONS = ("add", "clear", "delete", "delete_many", "get", "get_many", "has_key", "incr", "set", "set_many", "touch")


class SturdyCache(RedisCache):
    """Redis or Valkey; while it does not answer, each process counts and remembers by itself."""

    away_until = 0.0  # by the monotonic clock: one for all threads of a process

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        patience = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
        super().__init__(server, params | {"OPTIONS": patience | params.get("OPTIONS", {})})
        self.alone = LocMemCache("alone", params | {"OPTIONS": {"MAX_ENTRIES": settings.LOCAL_CACHE_ENTRIES}})


def _sturdy(operation: str) -> Callable[..., Any]:
    shared, alone = getattr(RedisCache, operation), getattr(LocMemCache, operation)

    @wraps(shared)
    def method(cache: SturdyCache, *args: Any, **kwargs: Any) -> Any:
        if monotonic() >= SturdyCache.away_until:
            try:
                return shared(cache, *args, **kwargs)
            except RedisError as error:
                SturdyCache.away_until = monotonic() + PAUSE
                log.warning("the cache does not answer", error=str(error)[:200], asked_again_in=PAUSE)
        return alone(cache.alone, *args, **kwargs)

    return method


for operation in OPERATIONS:
    setattr(SturdyCache, operation, _sturdy(operation))
