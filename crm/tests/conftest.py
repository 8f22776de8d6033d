"""Fixtures of the tests of how the parts are put together."""

import os
import runpy
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


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Evaluates the settings anew, in an environment of its own."""

    def run(**environment: str) -> dict[str, Any]:
        monkeypatch.setattr(os, "environ", GOOD | environment)
        monkeypatch.setattr(environ.Env, "ENVIRON", GOOD | environment)
        return runpy.run_path(str(settings.BASE_DIR / "crm/settings.py"))

    return run
