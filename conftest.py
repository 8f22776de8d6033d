"""Fixtures that every app's tests share."""

import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models.signals import post_save
from django.test import Client
from rest_framework.test import APIClient

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from events.models import Event
from events.tests.schemas import matches_its_schema

post_save.connect(matches_its_schema, sender=Event)


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> None:
    """The quick suite makes its tables from the models; the words that a migration brings are brought here."""
    if request.config.getoption("nomigrations"):
        with django_db_blocker.unblock():
            import_module("feedback.migrations.0002_seed_banned_words").seed(apps, None)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits are counted in the cache."""
    cache.clear()


class Api(APIClient):
    """The API as a person uses it: every call states the answer that it expects, and returns the decoded body."""

    def call(self, method: str, path: str, expect: int, data: Any = None, **headers: str) -> Any:
        response = getattr(super(), method)(f"/api/v1{path}", data, headers=headers)
        assert response.status_code == expect, f"{response.status_code}: {response.content.decode()[:800]}"
        return response.json() if response.content else None


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api(user)` is signed in as that user, `api()` is a visitor."""

    def as_(user: User | None = None, **kwargs: Any) -> Api:
        client = Api(**kwargs)
        if user:
            client.force_login(user)
        return client

    return as_


@pytest.fixture
def browse() -> Callable[..., Client]:
    """`browse(user)` visits pages signed in as that user, `browse()` as a visitor; in English."""

    def as_(user: User | None = None) -> Client:
        client = Client(headers={"accept-language": "en"})
        if user:
            client.force_login(user)
        return client

    return as_


@pytest.fixture
def student(db: None) -> User:
    return UserFactory(name="Стас", email="student@school.example")


@pytest.fixture
def school(db: None) -> Organization:
    return OrganizationFactory(name="Школа А", slug="school-a")


@pytest.fixture
def manager(school: Organization) -> User:
    return member(Role.MANAGER, school, user__name="Марина")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not walk it again for each of a thousand tests."""
    gc.collect()
    gc.freeze()
