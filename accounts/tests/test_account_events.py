"""Behind every door an account and a login are told of, and a person who is deleted is forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts import services, tokens
from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from events.models import Event, Letter

pytestmark = pytest.mark.django_db

PERSON = {"name": "Юля", "email": "julia@school.example", "age": "16"}


def told(event_type: str) -> list[tuple[str, int | None]]:
    events = Event.objects.filter(type=event_type).order_by("id")
    return [(event.payload["email"], event.payload["actor_id"]) for event in events]


@pytest.fixture
def root() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def by_page(browse: Any, api: Any, root: User) -> None:
    browse().post("/accounts/signup/", PERSON | {"password1": PASSWORD})


def by_api(browse: Any, api: Any, root: User) -> None:
    api().call("post", "/auth/register", 201, PERSON | {"password": PASSWORD})


def by_staff(browse: Any, api: Any, root: User) -> None:
    api(root).call("post", "/users", 201, PERSON | {"password": PASSWORD})


def by_admin(browse: Any, api: Any, root: User) -> None:
    form = PERSON | {"language": "ru", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert browse(root).post("/admin/accounts/user/add/", form).status_code == 302


def by_command(browse: Any, api: Any, root: User) -> None:
    call_command("createsuperuser", interactive=False, verbosity=0, **PERSON)


@pytest.mark.sweep
@pytest.mark.parametrize("door", [by_page, by_api, by_staff, by_admin, by_command])
def test_an_account_is_told_of_once_with_who_opened_it(door: Any, browse: Any, api: Any, root: User) -> None:
    door(browse, api, root)
    opened_by = root if door in (by_staff, by_admin) else User.objects.latest("id")
    assert told("user.created") == [("julia@school.example", opened_by.pk)]


@pytest.mark.sweep
def test_every_login_is_told_of(student: User, browse: Callable[..., Client], api: Callable[..., Any]) -> None:
    browse().post("/accounts/login/", {"login": student.email, "password": PASSWORD})
    api().call("post", "/auth/login", 200, {"email": student.email, "password": PASSWORD})
    pair = api().call("post", "/auth/token", 200, {"email": student.email, "password": PASSWORD})
    api().call("post", "/auth/token/refresh", 200, {"refresh_token": pair["refresh_token"]})
    api().call("post", "/auth/login", 401, {"email": student.email, "password": "wrong"})
    assert told("user.logged_in") == [(student.email, student.pk)] * 3


def test_events_and_letters_forget_a_person_who_is_deleted(root: User) -> None:
    person = services.register(email="julia@school.example", name="Юля", age=16, password=PASSWORD, language="ru")
    tokens.issue(person)
    Letter.objects.create(key="one", to=person.email, text="Юля")
    services.anonymise(user=person, by=root)
    told = Event.objects.exclude(type="user.deleted")
    assert {(event.payload["email"], event.payload.get("name", "")) for event in told} == {("", "")}
    assert told.count() == 2
    assert not Letter.objects.exists()
