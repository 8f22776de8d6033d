"""What libraries say to people is Russian, and good Russian, under Accept-Language: ru."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags
from django.utils.translation import override
from rest_framework.exceptions import APIException
from rest_framework.serializers import Serializer

from accounts.factories import UserFactory
from accounts.models import Organization, User
from sales.factories import TaskFactory

Api = Callable[..., Any]
OURS = {"accounts", "courses", "enrolments", "feedback", "sales"}


def kinds(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from kinds(child)


def messages(language: str) -> list[str]:
    """All that our serializers' fields, and DRF's exceptions, may answer; DRF keeps a text in its first language."""
    ours = [kind for kind in kinds(Serializer) if kind.__module__.split(".")[0] in OURS and not kind.__subclasses__()]
    with override(language):
        fields = [field for kind in ours for field in kind().fields.values() if not field.read_only]
        found = [text for each in (Serializer(), *fields) for text in each.error_messages.values()]
        found += [getattr(validator, "message", "") for field in fields for validator in field.validators]
        return [str(text) for text in (*found, *(kind.default_detail for kind in kinds(APIException)))]


def test_whatever_a_field_of_ours_may_answer_is_translated() -> None:
    import_module(settings.ROOT_URLCONF)  # and with it every serializer
    pairs = set(zip(messages("en"), messages("ru"), strict=True)) - {("", "")}
    assert len(pairs) > 30
    assert {english for english, russian in pairs if english == russian} == set()


def test_what_is_sent_wrongly_is_explained_in_russian(student: User, api: Api) -> None:
    client, strict = api(student), api(student, enforce_csrf_checks=True)
    headers, details = {"Accept-Language": "ru"}, []
    for path, body in (
        ("/auth/register", {"name": ["x"], "email": "x", "age": "x", "password": {}}),
        ("/auth/register", {"name": True, "email": 1, "age": 1.5, "password": None}),
        ("/feedback", {"text": [], "rating": "x", "course_id": {}}),
        ("/feedback", [1]),
        ("/organizations", {"name": "", "slug": "а б", "currency": "rub", "time_zone": "Луна"}),
    ):
        details += [error["detail"] for error in client.call("post", path, 422, body, **headers)["errors"]]
    details += [error["detail"] for error in client.call("get", "/courses?page_size=x", 422, **headers)["errors"]]
    details += [client.call("get", "/courses", 406, Accept="text/csv", **headers)["detail"]]
    details += [client.call("put", "/auth/me", 405, {}, **headers)["detail"]]
    details += [strict.call("post", "/feedback", 403, {"text": "x"}, **headers)["detail"]]
    for broken in (b"{", b"\xff", b'{"a": NaN}', b'{"email": "\\ud800", "password": "x"}'):
        answer = client.post("/api/v1/auth/login", broken, content_type="application/json", headers=headers)
        details += [error["detail"] for error in answer.json().get("errors", [answer.json()])]
    assert len(details) >= 18
    assert [detail for detail in details if not re.match("«?[А-ЯЁ]", detail)] == []
    assert any("строка 1, позиция 2" in detail for detail in details)


@pytest.fixture
def root(db: None) -> User:
    return UserFactory(is_staff=True, is_superuser=True, email="root@school.example")


@pytest.mark.sweep
def test_the_admin_declines_no_name_of_a_model(root: User, school: Organization) -> None:
    client = Client(headers={"accept-language": "ru"})
    client.force_login(root)

    def shown(address: str, **sent: Any) -> str:
        response = client.post(f"/admin/{address}/", sent, follow=True) if sent else client.get(f"/admin/{address}/")
        return unescape(strip_tags(response.content.decode()))

    task = TaskFactory(organization=school, title="Позвонить")
    assert "Задачи: 1" in shown("sales/task")
    words = {"word": "абырвалг"}
    fields = {"name": "Вторая", "slug": school.slug, "currency": "RUB", "time_zone": "Europe/Moscow"}
    assert "Запись добавлена (запрещённое слово): «абырвалг»" in shown("feedback/bannedword/add", **words)
    assert "Такой адрес уже есть у другой организации." in shown("accounts/organization/add", **fields)
    assert f"Удалить запись «{task}» (задача)?" in shown(f"sales/task/{task.pk}/delete")
    assert "Удалить запись «Школа А» (организация)?" in shown(f"accounts/organization/{school.pk}/delete")
    assert "Запись удалена (задача): «Позвонить»" in shown(f"sales/task/{task.pk}/delete", post="yes")
