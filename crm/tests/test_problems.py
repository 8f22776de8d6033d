"""Under /api/ every error is problem+json, and none tells what it should not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from crm.errors import RuleBroken

Api = Callable[..., Any]


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nowhere", 404, "not_found"),
        ("get", "/api/", 404, "not_found"),
        ("post", "/api/v1/courses/1/fly", 404, "not_found"),
        ("put", "/api/v1/auth/register", 405, "method_not_allowed"),
        ("get", "/api/v1/auth/login", 405, "method_not_allowed"),
        ("get", "/api/v1/auth/me", 401, "not_authenticated"),
    ],
)
def test_errors_have_one_shape(db: None, method: str, path: str, status: int, code: str) -> None:
    response = getattr(Client(), method)(path, headers={"x-request-id": "abc-1"})
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "code", "detail", "request_id"}
    assert (body["status"], body["code"], body["request_id"]) == (status, code, "abc-1")


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 422),
        ("[]", "application/json", 422),
        ("7", "application/json", 422),
        ("null", "application/json", 422),
        ("\x00", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"email": 1e400, "password": "x"}', "application/json", 422),
        ("1" * 5000, "application/json", 400),
        ('{"email": "\\ud800", "password": "x"}', "application/json", 422),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("a", "text/plain", 415),
    ],
)
def test_bodies_that_are_no_good(db: None, body: str, content_type: str, status: int) -> None:
    response = Client().post("/api/v1/auth/login", data=body.encode(), content_type=content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


def test_401_says_how_to_sign_in(db: None) -> None:
    assert Client().get("/api/v1/auth/me")["WWW-Authenticate"] == "Bearer"


def test_a_breakage_is_a_500_without_a_traceback(student: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> None:
        message = "secret inside"
        raise RuntimeError(message)

    monkeypatch.setattr("accounts.api.Me.get_object", broken)
    client = Client(raise_request_exception=False)
    client.force_login(student)
    response = client.get("/api/v1/auth/me")
    assert response.status_code == 500
    assert response.json()["code"] == "error"
    assert "secret inside" not in response.content.decode()


def test_messages_follow_the_language(db: None) -> None:
    texts = {
        Client().get("/api/v1/auth/me", headers={"accept-language": language}).json()["detail"]
        for language in ("ru", "en")
    }
    assert len(texts) == 2


@pytest.mark.sweep
@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "имя"])
def test_a_strange_request_id_is_replaced(db: None, given: str) -> None:
    response = Client().get("/api/v1/courses", headers={"x-request-id": given})
    assert response["X-Request-Id"] not in ("", given)
    assert float(response["X-Process-Time-ms"]) > 0


def test_pages_have_their_own_404(db: None) -> None:
    response = Client().get("/nowhere/", headers={"accept-language": "en"})
    assert response.status_code == 404
    assert "There is nothing at this address." in response.content.decode()


def test_every_page_forbids_foreign_scripts(db: None) -> None:
    policy = Client().get("/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_every_code_of_ours_is_documented() -> None:
    """`docs/errors.md` is what a client relies on."""
    listed = (Path(settings.BASE_DIR) / "docs/errors.md").read_text()
    codes = {kind.code for kind in refusals(RuleBroken)}
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in listed} == set()


def refusals(kind: type[RuleBroken]) -> Iterator[type[RuleBroken]]:
    for child in kind.__subclasses__():
        yield child
        yield from refusals(child)
