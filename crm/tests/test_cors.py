"""Pages of other sites read the API only when the school lists them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

FRIEND = "https://shop.example"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "x-organization-id"}


@pytest.fixture
def listed(start: Callable[..., dict[str, Any]], settings: Settings) -> None:
    """The settings of a school that lists one origin."""
    made = start(CORS_ALLOWED_ORIGINS=FRIEND)
    for name in (name for name in made if name.startswith("CORS_")):
        setattr(settings, name, made[name])
    settings.MIDDLEWARE = made["MIDDLEWARE"]


def allowed(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.items() if name.lower().startswith("access-control-")}


def test_nobody_is_listed_at_first(db: None) -> None:
    response = Client().get("/api/v1/courses", headers={"origin": FRIEND})
    assert allowed(response) == {}
    assert "origin" not in response["Vary"].lower()
    assert allowed(Client().options("/api/v1/courses", headers={"origin": FRIEND} | PREFLIGHT)) == {}


def test_a_listed_origin_reads_answers_with_its_cookies(db: None, listed: None) -> None:
    assert allowed(Client().get("/api/v1/courses", headers={"origin": FRIEND})) == {
        "access-control-allow-origin": FRIEND,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "X-Request-Id, ETag, Retry-After",
    }


def test_errors_are_readable_too(db: None, listed: None) -> None:
    large = Client().post("/api/v1/auth/login", "x" * 1_100_000, "application/json", headers={"origin": FRIEND})
    assert large.status_code == 413
    assert allowed(large)["access-control-allow-origin"] == FRIEND


def test_a_preflight_allows_our_headers(db: None, listed: None) -> None:
    response = Client().options("/api/v1/courses", headers={"origin": FRIEND} | PREFLIGHT)
    assert response.status_code == 200
    assert {"x-organization-id", "x-csrftoken", "if-match", "authorization"} <= set(
        response["Access-Control-Allow-Headers"].split(", ")
    )


@pytest.mark.parametrize(
    ("path", "origin"),
    [("/api/v1/courses", "https://evil.example"), ("/api/v1/courses", "null"), ("/", FRIEND), ("/ping", FRIEND)],
)
def test_strangers_and_pages_are_left_out(db: None, listed: None, path: str, origin: str) -> None:
    assert allowed(Client().get(path, headers={"origin": origin})) == {}
