"""A real gunicorn over a real database, and clients that start at the same moment."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections

from accounts.models import User

CSRF = "a" * 32


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite's test database in memory cannot be shared by processes: here it is a file."""
    if connection.vendor == "sqlite":
        name = str(tmp_path_factory.mktemp("race") / "race.sqlite3")
        connections.settings["default"]["TEST"]["NAME"] = name
        connection.settings_dict["TEST"]["NAME"] = name


def url_of_test_database() -> str:
    db = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{db['NAME']}"
    scheme = "postgres" if connection.vendor == "postgresql" else "mysql"
    return f"{scheme}://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"


@contextmanager
def gunicorn(folder: Path, **env: str) -> Iterator[int]:
    """The port of a gunicorn with two workers of eight threads, over the test's own database."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "crm.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    with (folder / "gunicorn.log").open("w+") as log:
        process = subprocess.Popen(
            [*command, "--threads", "8"],
            env=os.environ | {"DATABASE_URL": url_of_test_database()} | env,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)
            log.seek(0)
            print(log.read()[-4000:])  # noqa: T201 - pytest shows it when the test fails


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    with gunicorn(tmp_path, DJANGO_SETTINGS_MODULE="crm.test_settings") as port:
        yield port


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "gunicorn did not start"
        time.sleep(0.1)
    pytest.fail("gunicorn did not answer within 15 seconds")


def session_of(user: User) -> str:
    """A signed-in session, made as the login page makes it, without the price of 50 password hashes."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key
    return session.session_key


@pytest.fixture
def post(server: int) -> Callable[..., Answer]:
    """`post(cookie, "/enrolments", {...})`."""
    return partial(post_to, server)


def post_to(port: int, cookie: str, path: str, data: dict[str, Any] | None = None) -> Answer:
    """Over HTTP, with the CSRF token as a browser sends it."""
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"session_token={cookie}; csrftoken={CSRF}",
        "X-CSRFToken": CSRF,
    }
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as http_client:
        http_client.request("POST", f"/api/v1{path}", json.dumps(data or {}), headers)
        response = http_client.getresponse()
        return Answer(response.status, json.loads(response.read()))


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in a thread each, all starting at the same moment; their results in the same order."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait(timeout=30)
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))
