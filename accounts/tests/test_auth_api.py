"""auth/register, login, logout and me."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.factories import PASSWORD
from accounts.models import User
from events.models import Letter

Api = Callable[..., Any]
GOOD = {"email": "Julia@School.example", "name": "Юля 🙂", "age": 16, "password": PASSWORD}


def test_registering_ignores_rights(db: None, api: Api) -> None:
    body = api().call("post", "/auth/register", 201, GOOD | {"is_staff": True, "is_superuser": True})
    assert set(body) == {"id", "email", "name", "age", "is_staff", "is_active", "date_joined"}
    assert (body["email"], body["is_staff"]) == ("julia@school.example", False)
    assert not User.objects.get().is_superuser


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"), ("email", "İ@school.example"), ("name", "a\nb"), ("email", None), ("email", ["a@b.example"]), ("age", 9), ("age", 121), ("age", "много"),
        ("name", ""), ("name", "x" * 101), ("name", "a\x00b"), ("name", {"a": 1}), ("password", "12345678"),
        ("password", 7), ("age", 10**30),
    ],
)  # fmt: skip
def test_bad_values_are_422_and_named(db: None, api: Api, field: str, value: Any) -> None:
    body = api().call("post", "/auth/register", 422, GOOD | {field: value})
    assert body["code"] == "invalid"
    assert field in {error["field"] for error in body["errors"]}
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_422(student: User, api: Api) -> None:
    body = api().call("post", "/auth/register", 422, GOOD | {"email": "STUDENT@school.example"})
    assert body["errors"] == [
        {"field": "email", "code": "email_taken", "detail": "Учётная запись с таким адресом уже есть."}
    ]


def test_signing_in_sets_the_cookies_and_signing_out_destroys_the_session(student: User, api: Api) -> None:
    client = api()
    body = client.call("post", "/auth/login", 200, {"email": student.email, "password": PASSWORD})
    assert body["user"]["id"] == student.pk
    assert body["message"]
    cookie = client.cookies["session_token"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "csrftoken" in client.cookies
    assert client.call("get", "/auth/me", 200)["email"] == student.email
    client.call("post", "/auth/logout", 204)
    assert not Session.objects.exists()
    client.cookies["session_token"] = cookie.value
    client.call("get", "/auth/me", 401)


def test_a_wrong_password_and_an_unknown_address_get_the_same_401(student: User, api: Api) -> None:
    answers = [
        api().call("post", "/auth/login", 401, {"email": email, "password": "wrong one"})
        for email in (student.email, "nobody@school.example")
    ]
    assert answers[0]["detail"] == answers[1]["detail"]
    assert answers[0]["code"] == "authentication_failed"


def test_an_inactive_account_gets_the_same_401(student: User, api: Api) -> None:
    User.objects.update(is_active=False)
    api().call("post", "/auth/login", 401, {"email": student.email, "password": PASSWORD})


def test_guessing_is_stopped_for_the_right_password_too(student: User, api: Api) -> None:
    for _ in range(5):
        api().call("post", "/auth/login", 401, {"email": student.email, "password": "wrong one"})
    body = api().call("post", "/auth/login", 429, {"email": student.email, "password": PASSWORD})
    assert body["code"] == "throttled"


def test_a_write_by_cookie_needs_the_csrf_token(student: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sent: dict[str, Any] = {"data": {"email": student.email, "password": PASSWORD}, "content_type": "application/json"}
    assert client.post("/api/v1/auth/login", **sent).status_code == 200
    change: dict[str, Any] = {"data": {"name": "Анна"}, "content_type": "application/json"}
    refused = client.patch("/api/v1/auth/me", **change)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    token = client.cookies["csrftoken"].value
    assert client.patch("/api/v1/auth/me", **change, headers={"x-csrftoken": token}).status_code == 200


def test_me_changes_name_and_age_only(student: User, api: Api) -> None:
    sent = {"name": "Анна", "age": 44, "email": "x@y.example", "is_staff": True}
    body = api(student).call("patch", "/auth/me", 200, sent)
    assert (body["name"], body["age"], body["email"], body["is_staff"]) == ("Анна", 44, student.email, False)
    api(student).call("patch", "/auth/me", 422, {"age": 9})


def test_registering_sends_the_letter_that_confirms_the_address(db: None, api: Api) -> None:
    api().call("post", "/auth/register", 201, GOOD)
    letter = Letter.objects.get()
    assert letter.to == "julia@school.example"
    assert "/accounts/confirm-email/" in letter.text
    assert '<a href="http://testserver/accounts/confirm-email/' in letter.html


@pytest.mark.sweep
def test_registering_has_the_limit_of_the_page(db: None, api: Api) -> None:
    for n in range(10):
        api().call("post", "/auth/register", 201, GOOD | {"email": f"p{n}@school.example"})
        api().call("post", "/auth/register", 422, GOOD | {"email": f"p{n}@school.example"})
    api().call("post", "/auth/register", 429, GOOD)


def test_times_are_utc(student: User, api: Api) -> None:
    assert api(student).call("get", "/auth/me", 200)["date_joined"].endswith("Z")
