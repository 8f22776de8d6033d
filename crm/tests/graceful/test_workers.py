"""Workers of one replica: they count together, and nobody notices when one grows old."""

import http.client
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from crm.tests.graceful.conftest import Replica, free_ports

pytestmark = pytest.mark.graceful

REQUESTS, CLIENTS = 400, 8


def ask(port: int, path: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_workers_count_together_and_retire_unnoticed(environment: dict[str, str], tmp_path: Path) -> None:
    folder, (port,) = tmp_path / "metrics", free_ports(1)
    env = environment | {"METRICS": "on", "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    retiring = ["--max-requests", "40", "--max-requests-jitter", "10"]
    replica = Replica(port, env, tmp_path / "gunicorn.log", *retiring)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = Counter(pool.map(lambda _: ask(port, "/courses/")[0], range(REQUESTS)))
        shown = ask(port, "/metrics")[1]
    finally:
        replica.term()
    assert answers == {200: REQUESTS}
    assert replica.log.read_text().count("Booting worker") > 4, "no worker was renewed"
    assert len({*folder.glob("*.db")}) <= 8, "each worker has left files of its own"
    counted = re.search(r'^http_request_seconds_count{method="GET",status="200"} (\S+)$', shown, re.MULTILINE)
    assert counted
    assert float(counted[1]) == REQUESTS
