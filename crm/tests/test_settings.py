"""A bad setting stops the start with one line that names it, and never prints its value."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from crm.tests.conftest import GOOD

CODE = settings.BASE_DIR / "crm/settings.py"


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
        ("CACHE_URL", "memcache://x"), ("EMAIL_URL", "pigeon://x"), ("EVENTS_TRANSPORT", "pigeon"), ("KAFKA_GROUP_PROTOCOL", "pigeon"), ("METRICS", "some"),
        ("RATE_LIMITS", "some"), ("TRUSTED_PROXY_COUNT", "-1"), ("TRUSTED_PROXY_COUNT", "many"),
        ("LANGUAGE_CODE", "xx"), ("TIME_ZONE", "Moscow"), ("LOG_LEVEL", "LOUD"),
        ("LOG_FILE", "manage.py/under-a-file"), ("LOG_FILE", "crm"), ("LOG_FILE", "a\0b"), ("CORS_ALLOWED_ORIGINS", "school.example"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_not_shown(start: Callable[..., dict[str, Any]], variable: str, value: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        start(**{variable: value})
    assert str(stopped.value).startswith(f"Configuration error: {variable} ")
    assert "hunter2" not in str(stopped.value)


def test_kafka_needs_a_broker_and_its_package(start: Callable[..., dict[str, Any]], monkeypatch: Any) -> None:
    with pytest.raises(SystemExit, match="KAFKA_BOOTSTRAP_SERVERS must name a broker"):
        start(EVENTS_TRANSPORT="kafka")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="EVENTS_TRANSPORT is kafka, which needs the package"):
        start(EVENTS_TRANSPORT="kafka", KAFKA_BOOTSTRAP_SERVERS="kafka:9092")


def names_in_settings() -> set[str]:
    """The first argument of each call of crm.env."""
    calls = (node for node in ast.walk(ast.parse(CODE.read_text())) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func).startswith("env.") and call.args and isinstance(call.args[0], ast.Constant)
    }


def test_every_variable_is_explained_and_in_the_example() -> None:
    example = re.findall(r"^([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    explained = re.findall(
        r"^\| `([A-Z_]+)` \|", (settings.BASE_DIR / "docs/configuration.md").read_text(), re.MULTILINE
    )
    assert {"LOG_FILE", "CORS_ALLOWED_ORIGINS", "SECRET_KEY", "DATABASE_URL"} <= names_in_settings()
    assert set(example) == set(explained) == names_in_settings()
    assert (len(example), len(explained)) == (len(set(example)), len(set(explained)))


def test_a_key_for_tokens_is_long_and_the_first_one_signs(start: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(SystemExit, match="JWT_KEYS"):
        start(JWT_KEYS=f"{'n' * 40},short")
    assert start(JWT_KEYS=f"{'n' * 40}, {'o' * 40}")["JWT_KEYS"] == ["n" * 40, "o" * 40]
