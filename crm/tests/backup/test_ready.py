"""A replica is ready when its database answers and every migration is applied."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.backup


def test_probes_are_cheap(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        Client().get("/ping")
        Client().get("/health/live")
    Client().get("/health/ready")
    with django_assert_num_queries(2):
        Client().get("/health/ready")


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
