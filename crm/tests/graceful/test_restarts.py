"""Two replicas behind HAProxy, twenty clients, and restarts: nobody notices."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from crm.tests.graceful.conftest import Replica, free_ports

pytestmark = pytest.mark.graceful

CLIENTS = 20
PROXY = """
defaults
  mode http
  timeout connect 2s
  timeout check 5s
  timeout client 30s
  timeout server 30s
  option redispatch
  retries 3
frontend door
  bind 127.0.0.1:{door}
  default_backend replicas
backend replicas
  option httpchk GET /health/ready
  default-server check inter 500ms fall 2 rise 1
  server one 127.0.0.1:{one}
  server two 127.0.0.1:{two}
"""


@pytest.fixture
def replicas(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[int, list[Replica]]]:
    """The proxy's port, and two replicas that it has found ready."""
    haproxy = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    assert haproxy, "haproxy is needed (on Debian: apt-get install haproxy)"
    door, *ports = free_ports(3)
    both = [Replica(port, environment, tmp_path / f"{port}.log") for port in ports]
    config = tmp_path / "haproxy.cfg"
    config.write_text(PROXY.format(door=door, one=ports[0], two=ports[1]))
    proxy = subprocess.Popen([haproxy, "-f", str(config)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield door, both
    finally:
        for process in (proxy, *(replica.process for replica in both)):
            process.terminate()
            process.wait(timeout=40)
        for log in tmp_path.glob("*.log"):
            print(log.read_text()[-2000:])  # noqa: T201 - pytest shows it when the test fails


ASKED = [
    ("GET", "/courses/", None, 200),
    ("GET", "/api/v1/courses", None, 200),
    ("POST", "/api/v1/auth/token/revoke", json.dumps({"refresh_token": "none"}), 204),
]


def client(door: int, stop: Event) -> Counter[str]:
    """One browser that asks without a pause, over connections of its own, and never asks twice for the same."""
    seen: Counter[str] = Counter()
    while not stop.is_set():
        for method, path, body, wanted in ASKED:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", door, timeout=30)) as connection:
                    connection.request(method, path, body, {"Content-Type": "application/json"})
                    status = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                seen[f"{method} {type(error).__name__}"] += 1
            else:
                seen["answered" if status == wanted else f"{method} {status}"] += 1
            time.sleep(0.05)  # the machine has other work, too
    return seen


def test_twenty_clients_lose_no_request_over_restarts(replicas: tuple[int, list[Replica]]) -> None:
    door, (first, second) = replicas
    stop = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client, door, stop) for _ in range(CLIENTS)]
        try:
            time.sleep(2)
            for _ in range(2):
                first.process.send_signal(signal.SIGHUP)
                time.sleep(3)
            for replica in (second, first, second):
                replica.term()
                replica.start()
                time.sleep(2)
        finally:
            stop.set()
    seen = sum((each.result() for each in running), Counter())
    assert seen.keys() == {"answered"}, seen
    assert seen["answered"] > 20 * CLIENTS


def test_forwarded_headers_are_heard_from_trusted_proxies_only(environment: dict[str, str], tmp_path: Path) -> None:
    closed = {"DEBUG": "off", "SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXY_COUNT": "1"}
    answers = {}
    for trusted, port in zip(("127.0.0.1", "10.0.0.0/8"), free_ports(2), strict=True):
        env = environment | closed | {"FORWARDED_ALLOW_IPS": trusted}
        replica = Replica(port, env, tmp_path / f"{port}.log")
        try:
            with closing(http.client.HTTPConnection("localhost", port, timeout=30)) as connection:
                connection.request("GET", "/api/v1/courses", headers={"X-Forwarded-Proto": "https"})
                answers[trusted] = connection.getresponse().status
            with closing(http.client.HTTPConnection("localhost", port, timeout=30)) as connection:
                hidden = {"X-Forwarded-Proto": "https", "SCRIPT_NAME": "/api"}
                connection.request("GET", "/api/api/v1/courses", headers=hidden)
                answers[f"{trusted} hidden"] = connection.getresponse().status
        finally:
            replica.term()
    assert answers == {"127.0.0.1": 200, "127.0.0.1 hidden": 404, "10.0.0.0/8": 301, "10.0.0.0/8 hidden": 301}
