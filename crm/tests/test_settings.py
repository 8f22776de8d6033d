"""A bad setting stops the start with one line that names it, and never prints its value."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from accounts import tokens
from accounts.models import User
from crm.tests.conftest import GOOD

CODE = "".join((settings.BASE_DIR / name).read_text() for name in ("crm/settings.py", "gunicorn.conf.py"))


def test_good_settings_are_closed_by_default(start: Callable[..., dict[str, Any]]) -> None:
    made = start()
    assert made["DEBUG"] is False
    assert made["SESSION_COOKIE_SECURE"] is made["SECURE_SSL_REDIRECT"] is True
    assert start(DEBUG="on")["SESSION_COOKIE_SECURE"] is False


@pytest.mark.sweep
def test_the_stop_is_one_line_for_a_person_at_a_terminal() -> None:
    env = {"PATH": os.environ["PATH"]} | GOOD | {"DEBUG": "maybe"}
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "Configuration error: DEBUG must be on or off.\n"


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "maybe"), ("SECRET_KEY", ""), ("EMAIL_URL", ""), ("ALLOWED_HOSTS", ""), ("CSRF_TRUSTED_ORIGINS", "school.example"),
        ("DATABASE_URL", "oracle://x/y"), ("DATABASE_URL", "mysql://u:hunter2@h:port/x"), ("DATABASE_URL", "mysql://h/"),
        ("CACHE_URL", "memcache://x"), ("EMAIL_URL", "pigeon://x"), ("EVENTS_TRANSPORT", "pigeon"), ("KAFKA_GROUP_PROTOCOL", "pigeon"), ("METRICS", "some"), ("KAFKA_OPTIONS", "ssl"), ("KAFKA_OPTIONS", "[1]"), ("KAFKA_OPTIONS", '{"a": {"b": "hunter2"}}'), ("KAFKA_OPTIONS", '{"a": null}'),
        ("RATE_LIMITS", "some"), ("TRUSTED_PROXY_COUNT", "-1"), ("TRUSTED_PROXY_COUNT", "many"),
        ("LANGUAGE_CODE", "xx"), ("TIME_ZONE", "Moscow"), ("LOG_LEVEL", "LOUD"),
        ("SECRET_KEY_FALLBACKS", "short"), ("JWT_KEYS_FILE", "/nowhere"), ("DATABASE_URL_FILE", "crm"),
        ("LOG_FILE", "manage.py/under-a-file"), ("LOG_FILE", "crm"), ("LOG_FILE", "a\0b"), ("PROMETHEUS_MULTIPROC_DIR", "manage.py/under-a-file"), ("PROMETHEUS_MULTIPROC_DIR", "manage.py"), ("CORS_ALLOWED_ORIGINS", "school.example"),
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


MAY_BE_FILES = {"env.secret", "env.properties", "env.keys", "env.url", "env.database"}


def names_in_settings() -> set[str]:
    """The first argument of each call of crm.env, and `…_FILE` beside those that are secrets."""
    found = set[str]()
    for call in (node for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.Call)):
        reader, name = ast.unparse(call.func), call.args and call.args[0]
        if reader.startswith("env.") and isinstance(name, ast.Constant) and reader != "env.stop":
            variable = str(name.value)
            found |= {variable, f"{variable}_FILE"} if reader in MAY_BE_FILES else {variable}
    return found


def test_every_variable_is_explained_and_in_the_example() -> None:
    example = re.findall(r"^([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    cells = re.findall(r"^\| `[^|]*\|", (settings.BASE_DIR / "docs/configuration.md").read_text(), re.MULTILINE)
    explained = re.findall(r"`([A-Z_]+)`", "".join(cells))
    assert {"SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL_FILE", "LOG_FILE", "WEB_CONCURRENCY"} <= names_in_settings()
    assert set(example) == set(explained) == names_in_settings()
    assert (len(example), len(explained)) == (len(set(example)), len(set(explained)))


def test_a_key_for_tokens_is_long_and_the_first_one_signs(start: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(SystemExit, match="JWT_KEYS"):
        start(JWT_KEYS=f"{'n' * 40},short")
    assert start(JWT_KEYS=f"{'n' * 40}, {'o' * 40}")["JWT_KEYS"] == ["n" * 40, "o" * 40]


def test_a_key_is_long_and_the_mail_server_is_named_outside_debug(start: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(SystemExit, match="SECRET_KEY must have 32 characters or more"):
        start(SECRET_KEY="k" * 31)
    with pytest.raises(SystemExit, match="EMAIL_URL must name the mail server"):
        start(EMAIL_URL="")
    assert start(EMAIL_URL="smtp+tls://mail.example:587")["EMAIL_BACKEND"] == "events.smtp.EmailBackend"
    made = start(DEBUG="on", SECRET_KEY="", EMAIL_URL="")
    assert made["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"


def test_a_secret_may_begin_with_a_dollar(start: Callable[..., dict[str, Any]]) -> None:
    assert start(SECRET_KEY="$" + "k" * 40)["SECRET_KEY"] == "$" + "k" * 40


def test_a_secret_may_come_from_a_file(start: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    key, url = tmp_path / "key", tmp_path / "url"
    key.write_text(f"{'k' * 60}\n")
    url.write_text("mysql://school:hunter2@db/school\n")
    made = start(SECRET_KEY="", SECRET_KEY_FILE=str(key), DATABASE_URL_FILE=str(url))
    assert made["SECRET_KEY"] == "k" * 60
    assert (made["DATABASES"]["default"]["HOST"], made["DATABASES"]["default"]["PASSWORD"]) == ("db", "hunter2")
    with pytest.raises(SystemExit, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        start(SECRET_KEY_FILE=str(key))


def test_a_new_secret_key_ends_no_session_and_no_token(
    start: Callable[..., dict[str, Any]], settings: Settings, student: User
) -> None:
    before, after = start(SECRET_KEY="o" * 50), start(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS="o" * 50)
    settings.SECRET_KEY, settings.JWT_KEYS = before["SECRET_KEY"], before["JWT_KEYS"]
    browser, pair = Client(), tokens.issue(student)
    browser.force_login(student)
    settings.SECRET_KEY, settings.JWT_KEYS = after["SECRET_KEY"], after["JWT_KEYS"]
    settings.SECRET_KEY_FALLBACKS = after["SECRET_KEY_FALLBACKS"]
    assert browser.get("/api/v1/auth/me").status_code == 200
    assert tokens.user_of(pair.access) == student
    renewed = tokens.refresh(pair.refresh)
    settings.SECRET_KEY_FALLBACKS, settings.JWT_KEYS = [], after["JWT_KEYS"][:1]
    assert tokens.user_of(renewed.access) == student
    assert browser.get("/api/v1/auth/me").status_code == 200
    with pytest.raises(tokens.InvalidToken):
        tokens.user_of(pair.access)


def test_the_folder_of_metrics_is_made_and_an_empty_name_means_none(
    start: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    start(PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "run/metrics"))
    assert list((tmp_path / "run").iterdir()) == [tmp_path / "run/metrics"]
    start(PROMETHEUS_MULTIPROC_DIR="")
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_a_server_is_given_five_seconds_to_answer(start: Callable[..., dict[str, Any]]) -> None:
    for url in ("mysql://u:p@h/x", "postgres://u:p@h/x"):
        assert start(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]["connect_timeout"] == 5
