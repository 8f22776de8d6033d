"""A bad setting stops the start with one line that names it, and never prints its value."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from crm.tests.conftest import GOOD


def test_good_settings_are_closed_by_default(start: Callable[..., dict[str, Any]]) -> None:
    made = start()
    assert made["DEBUG"] is False
    assert made["SESSION_COOKIE_SECURE"] is made["SECURE_SSL_REDIRECT"] is True
    assert start(DEBUG="on")["SESSION_COOKIE_SECURE"] is False


def test_the_stop_is_one_line_for_a_person_at_a_terminal() -> None:
    env = {"PATH": os.environ["PATH"]} | GOOD | {"DEBUG": "maybe"}
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "Configuration error: DEBUG must be on or off.\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "maybe"), ("SECRET_KEY", ""), ("ALLOWED_HOSTS", ""), ("CSRF_TRUSTED_ORIGINS", "school.example"),
        ("DATABASE_URL", "oracle://x/y"), ("DATABASE_URL", "mysql://u:hunter2@h:port/x"), ("DATABASE_URL", "mysql://h/"),
        ("CACHE_URL", "memcache://x"), ("EMAIL_URL", "pigeon://x"), ("EVENTS_TRANSPORT", "pigeon"),
        ("RATE_LIMITS", "some"), ("TRUSTED_PROXY_COUNT", "-1"), ("TRUSTED_PROXY_COUNT", "many"),
        ("LANGUAGE_CODE", "xx"), ("TIME_ZONE", "Moscow"), ("LOG_LEVEL", "LOUD"),
        ("LOG_FILE", "manage.py/under-a-file"), ("LOG_FILE", "crm"), ("LOG_FILE", "a\0b"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_not_shown(start: Callable[..., dict[str, Any]], variable: str, value: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        start(**{variable: value})
    assert str(stopped.value).startswith(f"Configuration error: {variable} ")
    assert "hunter2" not in str(stopped.value)
