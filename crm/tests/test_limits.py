"""How much the API takes: the size of a body, requests per address and per person."""

import io
import json
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import User
from crm.wsgi import application

MEBIBYTE = 1024 * 1024
Browse = Callable[..., Client]


def login_body(size: int) -> bytes:
    body = json.dumps({"email": "a@school.example", "password": ""})
    return (body[:-2] + "x" * (size - len(body)) + body[-2:]).encode()


def post(body: bytes, **environ: Any) -> Any:
    return Client().generic("POST", "/api/v1/auth/login", body, CONTENT_TYPE="application/json", **environ)


def chunked(size: int, **environ: Any) -> Any:
    """A body in chunks as gunicorn hands it over: a stream that ends by itself."""
    stream = {"wsgi.input": io.BytesIO(login_body(size)), "wsgi.input_terminated": True}
    return post(b"", HTTP_TRANSFER_ENCODING="chunked", **stream, **environ)


def test_a_body_over_a_mebibyte_is_refused(db: None) -> None:
    response = post(login_body(MEBIBYTE + 1))
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Request-Id"] == response.json()["request_id"]
    assert post(login_body(MEBIBYTE)).status_code != 413


@pytest.mark.parametrize("length", ["", "10", "-1", "many"])
def test_a_body_in_chunks_is_measured_whatever_its_length_claims(db: None, length: str) -> None:
    assert chunked(MEBIBYTE + 1, CONTENT_LENGTH=length).status_code == 413
    assert chunked(200, CONTENT_LENGTH=length).status_code == 401


def test_no_more_than_the_declared_length_is_read(db: None) -> None:
    stream = io.BytesIO(login_body(2 * MEBIBYTE))
    assert post(b"", **{"wsgi.input": stream, "CONTENT_LENGTH": "10"}).status_code == 400
    assert stream.tell() == 10


def test_a_form_takes_no_file_that_fills_the_disk(db: None) -> None:
    form: Any = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "HTTP_COOKIE": f"csrftoken={'a' * 32}"}
    for size, status in ((4 * MEBIBYTE + 1, 413), (3 * MEBIBYTE, 403)):
        body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"a" * size + b"\r\n--x--\r\n"
        response = Client(enforce_csrf_checks=True).generic("POST", "/accounts/login/", body, **form)
        assert response.status_code == status


def test_an_absurd_length_is_refused(db: None) -> None:
    assert post(b"", CONTENT_LENGTH="9" * 5000).status_code == 413


def test_the_limits_are_those_of_the_contract() -> None:
    assert django_settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] == {"anon": "120/min", "user": "600/min"}


def test_a_visitor_is_limited_by_address_and_cannot_forge_another(db: None) -> None:
    client = Client()
    statuses = [
        client.get("/api/v1/headers", headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code for n in range(121)
    ]
    assert statuses == [400] * 120 + [429]
    response = client.get("/api/v1/headers")
    assert (response.json()["code"], response["Content-Type"]) == ("throttled", "application/problem+json")
    assert 0 < int(response["Retry-After"]) <= 60
    assert client.get("/api/v1/headers", REMOTE_ADDR="10.0.0.1").status_code == 400


@pytest.mark.parametrize(("proxies", "believed"), [(1, "{n}, 9.9.9.9"), (2, "{n}, 9.9.9.9, 7.7.7.7")])
def test_behind_proxies_only_their_own_words_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, proxies: int, believed: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "2/min")
    ask = Client().get
    forged = [{"x-forwarded-for": believed.format(n=f"10.0.0.{n}")} for n in range(3)]
    assert [ask("/api/v1/headers", headers=headers).status_code for headers in forged] == [400, 400, 429]
    another = {"x-forwarded-for": believed.format(n="10.0.0.0").replace("9.9.9.9", "8.8.8.8")}
    assert ask("/api/v1/headers", headers=another).status_code == 400


def test_a_person_has_a_limit_of_their_own(
    student: User, manager: User, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "3/min")
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "1/min")
    statuses = [browse(student).get("/api/v1/auth/me", REMOTE_ADDR=f"10.0.0.{n}").status_code for n in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert browse(manager).get("/api/v1/auth/me").status_code == 200
    assert [Client().get("/api/v1/courses").status_code for _ in range(2)] == [200, 429]


def test_visitors_do_not_use_up_the_limit_of_people(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "1/min")
    assert [Client().get("/api/v1/courses").status_code for _ in range(3)] == [200] * 3


def test_load_tests_may_turn_limits_off_and_proxies_are_counted(start: Callable[..., dict[str, Any]]) -> None:
    assert start(RATE_LIMITS="off")["REST_FRAMEWORK"]["DEFAULT_THROTTLE_CLASSES"] == []
    assert len(start()["REST_FRAMEWORK"]["DEFAULT_THROTTLE_CLASSES"]) == 2
    assert start()["TRUSTED_PROXY_COUNT"] == 0
    assert start(TRUSTED_PROXY_COUNT="2")["TRUSTED_PROXY_COUNT"] == 2


def test_figures_of_many_periods_do_not_push_limits_out(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "1/min")
    assert Client().get("/api/v1/courses").status_code == 200
    for number in range(700):  # a person's minute
        cache.set(f"analytics:{number}", number, django_settings.ANALYTICS_TTL)
    assert Client().get("/api/v1/courses").status_code == 429


def test_a_network_of_ipv6_counts_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", "2/min")
    asked = [Client().get("/api/v1/headers", REMOTE_ADDR=f"2001:db8::{n}").status_code for n in range(3)]
    assert asked == [400, 400, 429]
    assert Client().get("/api/v1/headers", REMOTE_ADDR="2001:db8:0:1::1").status_code == 400


@pytest.mark.sweep
@pytest.mark.parametrize("forwarded", ["1.2.3.4", "junk, 5.6.7.8", "", ",,,", "1.2.3.4:80, [::1]:9"])
def test_an_odd_chain_of_proxies_breaks_no_sign_in(db: None, settings: Settings, forwarded: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 2
    sent = {"email": "a@school.example", "password": "x"}
    response = Client().post(
        "/api/v1/auth/login", sent, "application/json", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR=""
    )
    assert response.status_code == 401


def test_a_413_speaks_the_language_of_who_asked(db: None) -> None:
    said = {
        language: post(login_body(MEBIBYTE + 1), HTTP_ACCEPT_LANGUAGE=language).json()["detail"]
        for language in ("en", "ru", "en")
    }
    assert said["en"].startswith("The body")
    assert said["ru"].startswith("Тело")


@pytest.mark.sweep
def test_a_page_says_when_to_come_back(student: User) -> None:
    for _ in range(31):
        response = Client().post("/accounts/login/", {"login": "a@school.example", "password": "x"})
    assert response.status_code == 429
    assert response["Retry-After"] == "60"


@pytest.mark.sweep
@pytest.mark.parametrize("charset", ["hex", "zlib", "punycode", "rot13", "undefined", '"base64"'])
def test_a_foreign_charset_is_not_believed(db: None, charset: str) -> None:
    started: list[str] = []
    for method, kind in (("GET", "text/plain"), ("POST", "application/x-www-form-urlencoded")):
        path = "/api/v1/auth/token" if method == "POST" else "/api/v1/headers"
        environ: dict[str, Any] = {"QUERY_STRING": "search=a", "PATH_INFO": path, "REQUEST_METHOD": method}
        setup_testing_defaults(environ)
        body = b"username=a&password=b"
        environ |= {"CONTENT_TYPE": f"{kind}; charset={charset}", "CONTENT_LENGTH": str(len(body))}
        environ["wsgi.input"] = io.BytesIO(body)
        list(application(environ, lambda status, headers: started.append(status)))
    assert started == ["400 Bad Request", "422 Unprocessable Entity"]
