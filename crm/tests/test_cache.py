"""A shared cache that is away: nobody waits for it, nobody is sent away, and limits go on in each process."""

import socket
from collections.abc import Iterator
from contextlib import closing
from time import monotonic
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from rest_framework.throttling import SimpleRateThrottle

from crm.cache import OPERATIONS, SturdyCache


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections, and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


@pytest.fixture
def away(listener: socket.socket, settings: Settings) -> Iterator[None]:
    address = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    settings.CACHES = {"default": {"BACKEND": "crm.cache.SturdyCache", "LOCATION": address}}
    SturdyCache.away_until = 0.0
    yield
    cache.clear()  # what stands in
    SturdyCache.away_until = 0.0


@pytest.mark.sweep
def test_a_cache_that_hangs_is_asked_once_and_then_left_alone(away: None, caplog: Any) -> None:
    started = monotonic()
    cache.set("a", 1)
    cache.incr("a")
    assert (cache.get("a"), cache.get("b", 0), cache.add("a", 5), cache.has_key("a")) == (2, 0, False, True)
    cache.set_many({"c": 3, "d": 4})
    cache.delete_many(["a", "c"])
    assert cache.get_many(["a", "c", "d"]) == {"d": 4}
    assert (cache.touch("d"), cache.delete("d"), cache.get_or_set("e", lambda: 6)) == (True, True, 6)
    cache.clear()
    assert cache.get("e") is None
    assert caplog.text.count("the cache does not answer") == 1
    assert monotonic() - started < 1, "each operation waited"


def test_a_cache_that_is_gone_ends_no_limit(
    away: None, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "2/min")
    listener.close()
    assert [Client().get("/api/v1/headers").status_code for _ in range(3)] == [400, 400, 429]


def test_every_operation_of_a_cache_stands_on_its_own() -> None:
    """What Django's backend asks Redis for is among them, in this version of Django, too."""
    asked = {name for name, value in vars(SturdyCache.__bases__[0]).items() if callable(value) and name[0] != "_"}
    assert asked - {"get_backend_timeout"} == set(OPERATIONS)
