"""Bearer tokens: how one gets them, what they open, and what ends them."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.factories import PASSWORD
from accounts.models import TokenFamily, User

Api = Callable[..., Any]
Pair = dict[str, Any]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def pair(student: User, api: Api) -> Pair:
    return api().call("post", "/auth/token", 200, {"email": student.email, "password": PASSWORD})


def opens(api: Api, pair: Pair) -> bool:
    return api().get("/api/v1/auth/me", headers=bearer(pair["access_token"])).status_code == 200


def test_a_pair_opens_the_api_without_a_csrf_token(student: User, pair: Pair) -> None:
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 600)
    client = Client(enforce_csrf_checks=True, headers=bearer(pair["access_token"]))
    assert client.patch("/api/v1/auth/me", {"age": 44}, content_type="application/json").json()["age"] == 44


def test_the_oauth2_form_works(student: User, api: Api) -> None:
    form = {"username": student.email.upper(), "password": PASSWORD, "grant_type": "password", "scope": ""}
    response = Client().post("/api/v1/auth/token", form)
    assert response.status_code == 415  # multipart is not the OAuth2 form
    encoded = f"username={student.email}&password={PASSWORD.replace(' ', '+')}&grant_type=password"
    response = Client().post("/api/v1/auth/token", encoded, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"email": "student@school.example", "password": "wrong"}, 401),
        ({"email": "nobody@school.example", "password": PASSWORD}, 401),
        ({"password": PASSWORD}, 422),
        ({"email": "student@school.example"}, 422),
        ({"email": ["x"], "password": PASSWORD}, 422),
        ([], 422),
    ],
)
def test_bad_credentials_get_no_pair(student: User, api: Api, sent: Any, status: int) -> None:
    api().call("post", "/auth/token", status, sent)
    assert not TokenFamily.objects.exists()


def test_the_limit_of_the_login_counts_here_too(student: User, api: Api) -> None:
    for path in ("/auth/login", "/auth/token") * 3:
        wrong = api().post(f"/api/v1{path}", {"email": student.email, "password": "wrong"})
    assert wrong.status_code == 429
    refused = api().post("/api/v1/auth/token", {"email": student.email, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


@pytest.mark.sweep
def test_even_right_passwords_have_a_limit_per_address(student: User, api: Api) -> None:
    sent = {"email": student.email, "password": PASSWORD}
    for n in range(30):
        api().call("post", "/auth/token" if n % 2 else "/auth/login", 200, sent)
    api().call("post", "/auth/token", 429, sent)


@pytest.mark.parametrize("path", ["/auth/token", "/auth/login"])
def test_a_password_alone_does_not_pass_a_second_factor(student: User, api: Api, path: str) -> None:
    Authenticator.objects.create(user=student, type=Authenticator.Type.TOTP, data={"secret": "x"})
    sent = {"email": student.email, "password": PASSWORD}
    assert api().call("post", path, 401, sent)["code"] == "mfa_required"


@pytest.mark.parametrize("path", ["/auth/token", "/auth/login"])
def test_where_confirmation_is_mandatory_an_unconfirmed_address_is_not_let_in(
    student: User, api: Api, settings: Any, path: str
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    sent = {"email": student.email, "password": PASSWORD}
    assert api().call("post", path, 401, sent)["code"] == "email_unverified"
    EmailAddress.objects.create(user=student, email=student.email, verified=True)
    api().call("post", path, 200, sent)


def test_a_refresh_token_works_once_and_a_second_use_ends_the_family(api: Api, pair: Pair) -> None:
    fresh = api().call("post", "/auth/token/refresh", 200, {"refresh_token": pair["refresh_token"]})
    assert opens(api, pair)
    assert opens(api, fresh)
    reused = api().call("post", "/auth/token/refresh", 401, {"refresh_token": pair["refresh_token"]})
    assert reused["code"] == "invalid_token"
    api().call("post", "/auth/token/refresh", 401, {"refresh_token": fresh["refresh_token"]})
    assert not opens(api, fresh)


def test_another_family_is_not_touched(student: User, api: Api, pair: Pair) -> None:
    other = api().call("post", "/auth/token", 200, {"email": student.email, "password": PASSWORD})
    api().call("post", "/auth/token/revoke", 204, {"refresh_token": pair["refresh_token"]})
    assert not opens(api, pair)
    assert opens(api, other)


def test_revoking_nonsense_is_fine(db: None, api: Api) -> None:
    api().call("post", "/auth/token/revoke", 204, {"refresh_token": "nonsense"})


@pytest.mark.sweep
@pytest.mark.parametrize("end", ["logout by cookie", "logout by token", "page", "password", "deactivation", "admin"])
def test_what_ends_every_session_and_token(student: User, api: Api, pair: Pair, browse: Any, end: str) -> None:
    laptop, phone = api(student), browse(student)
    if end == "logout by cookie":
        laptop.call("post", "/auth/logout", 204)
    elif end == "logout by token":
        api().call("post", "/auth/logout", 204, **bearer(pair["access_token"]))
    elif end == "page":
        browse(student).post("/accounts/logout/")
    elif end == "admin":
        User.objects.update(is_staff=True)
        browse(student).post("/admin/logout/")
    elif end == "password":
        fresh = {"oldpassword": PASSWORD, "password1": "quite another 9", "password2": "quite another 9"}
        browse(student).post("/accounts/password/change/", fresh)
    else:
        User.objects.update(is_active=False)
    laptop.call("get", "/auth/me", 401)
    assert phone.get("/my/").status_code == 302
    assert not opens(api, pair)
    api().call("post", "/auth/token/refresh", 401, {"refresh_token": pair["refresh_token"]})


def test_a_new_password_keeps_this_session_alone(student: User, api: Api, pair: Pair) -> None:
    here, there = api(student), api(student)
    sent = {"current_password": PASSWORD, "new_password": "quite another 9"}
    here.call("post", "/auth/password", 422, sent | {"current_password": "wrong"})
    here.call("post", "/auth/password", 422, sent | {"new_password": "12345678"})
    here.call("post", "/auth/password", 204, sent)
    here.call("get", "/auth/me", 200)
    there.call("get", "/auth/me", 401)
    assert not opens(api, pair)
    api().call("post", "/auth/token", 200, {"email": student.email, "password": "quite another 9"})


def test_the_current_password_cannot_be_guessed_here(student: User, api: Api) -> None:
    client = api(student)
    sent = {"current_password": "wrong", "new_password": "quite another 9"}
    for _ in range(10):
        client.call("post", "/auth/password", 422, sent)
    client.call("post", "/auth/password", 429, sent | {"current_password": PASSWORD})


def forged(**changes: Any) -> str:
    family = TokenFamily.objects.get()
    now = timezone.now()
    key, algorithm = changes.pop("key", django_settings.JWT_KEYS[0]), changes.pop("algorithm", "HS256")
    claims = {
        "iss": "mini-crm", "sub": str(family.user_id), "family": family.pk, "use": "access", "jti": "x", "iat": now,
        "exp": now + timedelta(minutes=5),
    } | changes  # fmt: skip
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


def test_the_forgery_itself_is_good(api: Api, pair: Pair) -> None:
    api().call("get", "/auth/me", 200, **bearer(forged()))


@pytest.mark.sweep
@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "none", "key": None}, {"algorithm": "HS512"}, {"key": "k" * 40}, {"iss": "someone-else"},
        {"iss": None}, {"exp": datetime(2020, 1, 1, tzinfo=UTC)}, {"exp": None}, {"use": "refresh"}, {"use": None},
        {"sub": "999999"}, {"family": 999999}, {"family": None}, {"jti": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_right_in_every_part_is_401(api: Api, pair: Pair, changes: dict[str, Any]) -> None:
    api().call("get", "/auth/me", 401, **bearer(forged(**changes)))


def test_a_refresh_token_is_no_access_token_nor_the_other_way_round(api: Api, pair: Pair) -> None:
    api().call("get", "/auth/me", 401, **bearer(pair["refresh_token"]))
    api().call("post", "/auth/token/refresh", 401, {"refresh_token": pair["access_token"]})
    assert opens(api, pair)


@pytest.mark.sweep
@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer \x7f", "Bearer " + "a" * 9000]
)
def test_a_damaged_header_is_401(db: None, api: Api, header: str) -> None:
    api().call("get", "/auth/me", 401, Authorization=header)


def test_keys_rotate(api: Api, pair: Pair, settings: Any) -> None:
    old = settings.JWT_KEYS
    settings.JWT_KEYS = ["n" * 40, *old]
    assert opens(api, pair)
    fresh = api().call("post", "/auth/token/refresh", 200, {"refresh_token": pair["refresh_token"]})
    settings.JWT_KEYS = ["n" * 40]
    assert opens(api, fresh)
    assert not opens(api, pair)


def test_whose_token_it_is_costs_one_query(student: User, pair: Pair, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert tokens.user_of(pair["access_token"]) == student


def test_expired_families_go_with_the_next_sign_in(student: User, pair: Pair, api: Api) -> None:
    TokenFamily.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not opens(api, pair)
    tokens.issue(student)
    assert TokenFamily.objects.count() == 1


ODD_BASIC = [b"\xff:x", b"bob:pw", b"a@b.example:", b"a\x00@b.example:x", b"nocolon"]


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_login_takes_http_basic(student: User, api: Api) -> None:
    client = api()
    client.call("post", "/auth/login", 200, **basic(f"{student.email}:{PASSWORD}"))
    client.call("get", "/auth/me", 200)
    api().call("post", "/auth/login", 401, **basic(f"{student.email}:wrong"))


@pytest.mark.sweep
@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic x", "Basic ====", "Basic é", *(f"Basic {base64.b64encode(text).decode()}" for text in ODD_BASIC)],
)
def test_damaged_basic_credentials_are_401(db: None, api: Api, header: str) -> None:
    api().call("post", "/auth/login", 401, Authorization=header)


def test_a_second_factor_ends_tokens_of_the_password_alone(student: User, api: Api, pair: Pair) -> None:
    factor = Authenticator.objects.create(user=student, type=Authenticator.Type.TOTP, data={"secret": "x"})
    authenticator_added.send(Authenticator, request=None, user=student, authenticator=factor)
    assert not opens(api, pair)
    api().call("post", "/auth/token/refresh", 401, {"refresh_token": pair["refresh_token"]})


def test_the_limit_on_guessing_looks_at_no_host(student: User, api: Api) -> None:
    sent = {"email": student.email, "password": "wrong"}
    answers = [
        api().post("/api/v1/auth/login", sent, HTTP_HOST=f"localhost:{n}", REMOTE_ADDR=f"10.0.0.{n}").status_code
        for n in range(1, 7)
    ]
    assert answers == [401] * 5 + [429]


def test_a_token_of_one_touches_no_session_of_another(student: User, manager: User, api: Api, pair: Pair) -> None:
    managers = api(manager)
    sent = {"current_password": PASSWORD, "new_password": "quite another 9"}
    managers.call("post", "/auth/password", 204, sent, **bearer(pair["access_token"]))
    assert managers.call("get", "/auth/me", 200)["id"] == manager.pk
