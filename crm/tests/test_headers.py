"""GET /api/v1/headers."""

import pytest
from django.test import Client

GOOD = {"user-agent": "Mozilla/5.0", "accept-language": "ru,en;q=0.8"}


def test_the_headers_come_back() -> None:
    response = Client().get("/api/v1/headers", headers=GOOD)
    assert (response.status_code, response.json()) == (200, {"ua": "Mozilla/5.0", "lang": "ru,en;q=0.8"})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"user-agent": ""}, "header_missing"),
        ({"accept-language": ""}, "header_missing"),
        ({"user-agent": "curl/8.5"}, "agent_refused"),
        ({"user-agent": "libCURL wrapper"}, "agent_refused"),
    ],
)
def test_a_missing_header_or_curl_is_refused(changed: dict[str, str], code: str) -> None:
    response = Client().get("/api/v1/headers", headers=GOOD | changed)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response["Content-Type"] == "application/problem+json"


def test_a_header_that_was_not_sent_is_missing() -> None:
    assert "Accept-Language" in Client().get("/api/v1/headers", headers={"user-agent": "x"}).json()["detail"]
