"""Fixtures of the tests of how the parts are put together."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import environ
import pytest
from django.conf import settings

GOOD = {
    "DEBUG": "off",
    "SECRET_KEY": "a-secret-of-tests-that-is-long-enough",
    "ALLOWED_HOSTS": "school.example",
    "EMAIL_URL": "consolemail://",
}


Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Evaluates the settings anew, in an environment of its own."""

    def run(**environment: str) -> dict[str, Any]:
        monkeypatch.setattr(os, "environ", GOOD | environment)
        monkeypatch.setattr(environ.Env, "ENVIRON", GOOD | environment)
        return runpy.run_path(str(settings.BASE_DIR / "crm/settings.py"))

    return run


def environment(url: str) -> dict[str, str]:
    return os.environ | {"DJANGO_SETTINGS_MODULE": "crm.test_settings", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}


def _manage(url: str, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *args]
    ended = subprocess.run(
        command, env=environment(url), cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=180
    )
    assert ended.returncode == expect, f"{args}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    return ended


@pytest.fixture
def manage() -> Manage:
    """`manage(url, "backup", path)` asserts the exit status."""
    return _manage
