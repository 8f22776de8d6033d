"""One line per request, and nothing secret in any line."""

import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.factories import PASSWORD
from accounts.models import User
from crm import logs

Browse = Callable[..., Client]
Talk = Callable[..., Path]
Lines = Callable[[], list[dict[str, Any]]]
SECRETS = {name: f"hunter2-{name}" for name in ("password", "changed", "body", "bearer", "header", "cookie", "query")}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """Starts the product's own logging into a file, with SQL recorded as in DEBUG."""
    console = [handler for handler in logging.root.handlers if type(handler) is logging.StreamHandler]
    file = tmp_path / "school.log"

    def start(*, level: str = "DEBUG", readable: bool = False) -> Path:
        logging.config.dictConfig(logs.config(level=level, file=str(file), readable=readable))
        connection.force_debug_cursor = True
        return file

    yield start
    connection.force_debug_cursor = False
    logging.config.dictConfig(settings.LOGGING)
    logging.root.handlers[:] = console


@pytest.fixture
def lines(talk: Talk) -> Lines:
    file = talk()
    return lambda: [json.loads(line) for line in file.read_text().splitlines()]


def break_views(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(view: Any, **kwargs: Any) -> None:
        body, header = view.request.body, view.request.headers  # noqa: F841 - variables of the traceback
        message = "something broke"
        raise RuntimeError(message)

    monkeypatch.setattr("accounts.api.Me.get_object", broken)
    monkeypatch.setattr("crm.views.Home.get_context_data", broken)


def test_a_request_is_one_line(student: User, browse: Browse, lines: Lines) -> None:
    browse(student).get("/my/?page=secret", headers={"x-request-id": "abc-1"})
    [line] = lines()
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request", "level": "info", "logger": "crm.request", "request_id": "abc-1",
        "method": "GET", "path": "/my/", "status": 200, "user": student.pk,
    }  # fmt: skip


@pytest.mark.sweep
@pytest.mark.parametrize("path", ["/nowhere/", "/api/v1/nowhere", "/ping", "/api/v1/auth/me", "/feedback/"])
def test_a_refusal_and_a_visitor_too(db: None, lines: Lines, path: str) -> None:
    response = Client().get(path)
    assert [(line["path"], line["status"], line["user"]) for line in lines()] == [(path, response.status_code, None)]


def test_a_line_costs_no_query(
    student: User, browse: Browse, lines: Lines, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browse(student)
    with django_assert_num_queries(0):
        client.get("/ping")
    assert [line["user"] for line in lines()] == [None]


def test_the_api_names_its_user(student: User, browse: Browse, lines: Lines) -> None:
    browse(student).get("/api/v1/auth/me")
    assert [line["user"] for line in lines()] == [student.pk]


def test_a_breakage_adds_its_traceback_once_under_the_same_id(
    student: User, browse: Browse, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_views(monkeypatch)
    client = browse(student)
    client.raise_request_exception = False
    for path in ("/", "/api/v1/auth/me"):
        client.get(path, headers={"x-request-id": path.strip("/").replace("/", "-") or "home"})
    for request_id in ("home", "api-v1-auth-me"):
        found = [line for line in lines() if line["request_id"] == request_id]
        assert sorted(line["event"] == "request" for line in found) == [False, True]
        assert sum("RuntimeError: something broke" in line.get("exception", "") for line in found) == 1


def use_secrets(student: User) -> list[str]:
    """Everything a person may do with a secret; returns the secrets that the server chose."""
    fields = {"name": "Юля", "age": 16, "email": "julia@school.example", "password1": SECRETS["password"]}
    Client().post("/accounts/signup/", fields)
    Client().post(
        "/api/v1/auth/register",
        {"email": "b@school.example", "name": "b", "age": 20, "password": SECRETS["password"]},
        "application/json",
    )
    client = Client()
    for password in (SECRETS["body"], PASSWORD):
        client.post("/accounts/login/", {"login": student.email, "password": password})
    passwords = {"password1": SECRETS["changed"], "password2": SECRETS["changed"]}
    assert client.post("/accounts/password/change/", {"oldpassword": PASSWORD} | passwords).status_code == 302
    for password in (SECRETS["body"], SECRETS["changed"]):
        client.post("/api/v1/auth/login", {"email": student.email, "password": password}, "application/json")
    signed_in = {"email": student.email, "password": SECRETS["changed"]}
    pair = Client().post("/api/v1/auth/token", signed_in, "application/json").json()
    fresh = (
        Client().post("/api/v1/auth/token/refresh", {"refresh_token": pair["refresh_token"]}, "application/json").json()
    )
    Client().post("/api/v1/auth/token/refresh", {"refresh_token": pair["refresh_token"]}, "application/json")
    Client(headers={"authorization": f"Bearer {fresh['access_token']}"}).get("/api/v1/auth/me")
    again = {"current_password": SECRETS["changed"], "new_password": SECRETS["password"]}
    client.post("/api/v1/auth/password", again, "application/json")
    client.get(f"/accounts/confirm-email/{SECRETS['query']}/")
    client.get(f"/accounts/password/reset/key/1-{SECRETS['query']}/")
    chosen = [client.cookies[name].value for name in ("session_token", "csrftoken")]
    headers = {"authorization": f"Bearer {SECRETS['bearer']}", "x-secret": SECRETS["header"]}
    client.cookies["another"] = SECRETS["cookie"]
    client.raise_request_exception = False
    me = f"/api/v1/auth/me?token={SECRETS['query']}"
    assert client.get(me, headers=headers).status_code == 401
    del headers["authorization"]
    for url in (f"/?token={SECRETS['query']}", me):
        assert client.get(url, headers=headers).status_code == 500
    body = {"name": SECRETS["body"]}
    assert client.patch("/api/v1/auth/me", body, "application/json", headers=headers).status_code == 500
    logging.getLogger("django.server").info("GET /?token=%s HTTP/1.1", SECRETS["query"])  # as runserver does
    strict = Client(enforce_csrf_checks=True, headers={"referer": f"https://other.example/?key={SECRETS['header']}"})
    assert strict.post("/accounts/login/", secure=True).status_code == 403
    return [*chosen, *(token for some in (pair, fresh) for token in (some["access_token"], some["refresh_token"]))]


@pytest.mark.sweep
@pytest.mark.parametrize("readable", [False, True])
def test_no_secret_is_ever_logged(
    student: User, talk: Talk, readable: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = talk(readable=readable)
    break_views(monkeypatch)
    chosen = use_secrets(student)
    everything = file.read_text() + "".join(capsys.readouterr())
    for expected in ("/accounts/signup/", "/accounts/password/change/", "RuntimeError", "Forbidden"):
        assert expected in everything
    hashes = list(User.objects.values_list("password", flat=True))
    for secret in [*SECRETS.values(), *chosen, *hashes, PASSWORD]:
        assert secret not in everything


def test_the_level_holds_for_every_logger(db: None, talk: Talk) -> None:
    file = talk(level="WARNING")
    Client().get("/nowhere/")
    logging.getLogger("django.anything").info("unwanted")
    logging.getLogger("another.library").warning("wanted")
    assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["wanted"]


def test_a_developer_reads_plain_text(db: None, talk: Talk) -> None:
    file = talk(readable=True)
    Client().get("/ping")
    assert "method=GET" in file.read_text()
    assert "path=/ping" in file.read_text()


def test_no_logger_has_a_way_of_its_own(talk: Talk) -> None:
    talk()
    loggers = {name: made for name, made in logging.root.manager.loggerDict.items() if isinstance(made, logging.Logger)}
    assert {"django", "django.request", "django.server"} <= set(loggers)
    own = {name for name, logger in loggers.items() if {*map(type, logger.handlers)} - {logging.NullHandler}}
    assert own == set()


def test_standard_output_gets_the_same_lines(db: None, talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    file = talk()
    Client().get("/ping")
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out == file.read_text() != ""


def test_the_file_is_rotated_and_its_directory_made(start: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "new" / "school.log"
    handlers = start(LOG_FILE=str(file))["LOGGING"]["handlers"]
    assert file.exists()
    assert handlers["file"]["class"] == "logging.handlers.RotatingFileHandler"
    assert (handlers["file"]["maxBytes"], handlers["file"]["backupCount"]) == (10 * 1024**2, 5)
    assert list(start()["LOGGING"]["handlers"]) == ["console"]
