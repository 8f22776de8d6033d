"""What an orchestrator is told; of migrations, backup/test_ready.py."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

PROBES = ["/ping", "/health/live", "/health/ready"]


@pytest.fixture
def lost_database(db: None) -> Iterator[None]:
    """The default connection leads to a database that cannot be opened."""
    working = connections["default"]
    lost: Any = {**working.settings_dict, "NAME": "/nowhere/db.sqlite3"}
    connections["default"] = type(working)(lost, "default")
    yield
    connections["default"] = working


@pytest.mark.parametrize("path", PROBES)
def test_probes_are_anonymous_json_by_any_address_and_not_redirected(db: None, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/").status_code == 301
    assert Client().get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400
    response = Client().get(path, headers={"host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response.json() == ({"ok": True} if path == "/ping" else {"status": "ok"})
    assert not response.cookies


def test_a_probe_is_only_read(db: None) -> None:
    assert [Client().post(path).status_code for path in PROBES] == [405, 405, 405]
    assert [Client().head(path).status_code for path in PROBES] == [200, 200, 200]


def test_a_database_that_does_not_answer_is_named(lost_database: None) -> None:
    response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": {"database": "does not answer"}}
    assert [Client().get(path).status_code for path in PROBES[:2]] == [200, 200]


def test_the_log_has_a_line_of_a_probe_that_finds_trouble(lost_database: None, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG, "crm.request"):
        for path in PROBES:
            Client().get(path)
    levels = [record.levelname for record in caplog.records if record.name == "crm.request"]
    assert levels == ["DEBUG", "DEBUG", "INFO"]
