"""Limits are counted together while Redis is there, and by each process while it is not."""

import http.client
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crm.cache import PAUSE
from crm.tests.graceful.conftest import Replica, free_ports

pytestmark = pytest.mark.graceful

LIMIT = 120  # requests a minute from one address
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, Start]]:
    """Its address, and what starts the server there."""
    program = shutil.which("redis-server")
    assert program, "redis-server is needed (on Debian: apt-get install redis-server)"
    (port,) = free_ports(1)
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([program, *options], stdout=subprocess.DEVNULL))
        return running[-1]

    yield f"redis://127.0.0.1:{port}/0", start
    for server in running:
        server.kill()
        server.wait(timeout=10)


@pytest.fixture
def replicas(environment: dict[str, str], redis: tuple[str, Start], tmp_path: Path) -> Iterator[list[Replica]]:
    env = environment | {"RATE_LIMITS": "on", "CACHE_URL": redis[0], "WEB_CONCURRENCY": "1"}
    started = [Replica(port, env, tmp_path / f"{port}.log") for port in free_ports(2)]
    yield started
    for replica in started:
        replica.term()


def ask(replica: Replica, times: int) -> Counter[int]:
    """Statuses: 400 for a request that lacks its headers, 429 for one over the limit."""
    seen: Counter[int] = Counter()
    for _ in range(times):
        with closing(http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)) as connection:
            connection.request("GET", "/api/v1/headers")
            seen[connection.getresponse().status] += 1
    return seen


def test_redis_comes_goes_and_comes_back(redis: tuple[str, Start], replicas: list[Replica]) -> None:
    _address, start = redis
    one, another = replicas
    server = start()
    time.sleep(1)
    assert ask(one, LIMIT // 2) + ask(another, LIMIT // 2 + 5) == {400: LIMIT, 429: 5}, "counted apart"
    server.kill()
    server.wait(timeout=10)
    started = time.monotonic()
    assert ask(one, LIMIT + 1) == ask(another, LIMIT + 1) == {400: LIMIT, 429: 1}, "not counted, or refused"
    assert time.monotonic() - started < 30
    server = start()
    time.sleep(PAUSE + 1)
    assert ask(one, LIMIT // 2) + ask(another, LIMIT // 2 + 5) == {400: LIMIT, 429: 5}, "not counted together again"
    server.kill()
    server.wait(timeout=10)
    start()
    time.sleep(1)
    assert ask(one, LIMIT // 2) + ask(another, LIMIT // 2 + 5) == {400: LIMIT, 429: 5}, (
        "old connections were not renewed"
    )
