"""What an orchestrator is told, for real: a database that is not there, a migration that is not applied."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

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


def test_probes_are_cheap(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        Client().get("/ping")
        Client().get("/health/live")
    Client().get("/health/ready")
    with django_assert_num_queries(2):
        Client().get("/health/ready")


def test_a_probe_is_only_read(db: None) -> None:
    assert [Client().post(path).status_code for path in PROBES] == [405, 405, 405]
    assert [Client().head(path).status_code for path in PROBES] == [200, 200, 200]


def test_a_missing_migration_is_named(db: None) -> None:
    MigrationRecorder(connection).record_unapplied("feedback", "0001_initial")
    response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": {"migrations": ["feedback.0001_initial"]}}
    assert Client().get("/health/live").status_code == 200


def test_an_empty_database_misses_every_migration(db: None) -> None:
    MigrationRecorder.Migration.objects.all().delete()
    missing = Client().get("/health/ready").json()["failed"]["migrations"]
    assert {"accounts.0001_initial", "courses.0001_initial", "sessions.0001_initial"} <= set(missing)


def test_a_database_that_does_not_answer_is_named(lost_database: None) -> None:
    response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "failed": {"database": "does not answer"}}
    assert [Client().get(path).status_code for path in PROBES[:2]] == [200, 200]
