"""Replicas of the school on free ports: gunicorn as it runs in production."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A demo school on a SQLite file, which is enough for two replicas on one machine."""
    found = os.environ | {
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "DEBUG": "on",
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'school.sqlite3'}",
        "WEB_CONCURRENCY": "2",
    }
    for command in ("prepare", "demo"):
        subprocess.run(
            [sys.executable, "manage.py", command], env=found, cwd=settings.BASE_DIR, check=True, capture_output=True
        )
    return found


class Replica:
    def __init__(self, port: int, env: dict[str, str], log: Path, *options: str) -> None:
        self.port, self.env, self.log, self.options = port, env, log, options
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "crm.wsgi", "--bind", f"127.0.0.1:{self.port}", *self.options]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, env=self.env, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=log
            )
        for _ in range(200):
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail(self.log.read_text()[-2000:])

    def term(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=40) == 0
