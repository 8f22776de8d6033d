"""Signing up, in and out on the pages, and what bad input gets."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.factories import PASSWORD, UserFactory
from accounts.models import User
from accounts.services import EmailTaken, register
from events.models import Event, Letter

Browse = Callable[..., Client]
GOOD = {"name": "Юля 🙂", "email": "Julia@School.example", "age": "16", "password1": PASSWORD}


def test_a_visitor_becomes_a_student_and_is_signed_in(db: None, browse: Browse) -> None:
    visitor = browse()
    response = visitor.post("/accounts/signup/", GOOD)
    assert response.status_code == 302
    assert response["Location"] == "/my/"
    user = User.objects.get()
    assert (user.email, user.name, user.age, user.language) == ("julia@school.example", "Юля 🙂", 16, "en")
    assert EmailAddress.objects.get().email == user.email
    assert [event.type for event in Event.objects.order_by("id")] == ["user.created", "user.logged_in"]
    assert "session_token" in visitor.cookies


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "not-an-address", "valid email"),
        ("email", "a" * 320 + "@school.example", "at most 320"),
        ("email", "İ" * 60 + "@school.example", "valid email"),
        ("email", "ѕ@school.example", "valid email"),
        ("name", "a\nb", "one line"),
        ("age", "9", "greater than or equal to 10"),
        ("age", "121", "less than or equal to 120"),
        ("age", "девять", "whole number"),
        ("age", "9" * 40, "less than or equal to 120"),
        ("name", "", "required"),
        ("name", "x" * 101, "at most 100"),
        ("name", "a\x00b", "Null characters"),
        ("password1", "12345678", "too common"),
        ("password1", "", "required"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    db: None, browse: Browse, field: str, value: str, message: str
) -> None:
    response = browse().post("/accounts/signup/", GOOD | {field: value})
    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors[field])
    assert "Юля" in response.content.decode() or field == "name"
    assert not User.objects.exists()


def test_an_e_mail_is_one_account_however_it_is_written(db: None, browse: Browse) -> None:
    UserFactory(email="julia@school.example")
    response = browse().post("/accounts/signup/", GOOD)
    assert "email" in response.context["form"].errors
    assert User.objects.count() == 1


def test_two_sign_ups_at_once_leave_one_account_and_a_clear_error(db: None) -> None:
    person: dict[str, Any] = {"name": "Юля", "age": 16, "password": PASSWORD, "language": "ru"}
    register(email="julia@school.example", **person)
    with pytest.raises(EmailTaken):
        register(email="JULIA@school.example", **person)
    assert User.objects.count() == EmailAddress.objects.count() == 1


@pytest.mark.parametrize("change", [{"age": 9}, {"age": 121}])
def test_the_database_holds_the_age(student: User, change: dict[str, int]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.filter(pk=student.pk).update(**change)


def test_signing_in_and_out(student: User, browse: Browse) -> None:
    person = browse()
    person.post("/accounts/login/", {"login": "STUDENT@school.example", "password": PASSWORD})
    assert person.get("/my/").status_code == 200
    person.post("/accounts/logout/")
    assert person.get("/my/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(student: User, browse: Browse) -> None:
    errors = [
        browse().post("/accounts/login/", {"login": login, "password": "wrong"}).context["form"].errors
        for login in (student.email, "nobody@school.example")
    ]
    assert errors[0] == errors[1] != {}


def test_a_forgotten_password_is_reset_by_letter(student: User, browse: Browse) -> None:
    EmailAddress.objects.create(user=student, email=student.email, primary=True, verified=True)
    browse().post("/accounts/password/reset/", {"email": student.email})
    letter = Letter.objects.get()
    link = next(word for word in letter.text.split() if "/accounts/password/reset/key/" in word)
    person = browse()
    form = person.get(link.removeprefix("http://testserver"), follow=True)
    person.post(form.redirect_chain[-1][0], {"password1": "quite another 9", "password2": "quite another 9"})
    student.refresh_from_db()
    assert student.check_password("quite another 9")


def test_a_password_is_changed_with_the_old_one(student: User, browse: Browse) -> None:
    fresh = {"oldpassword": PASSWORD, "password1": "quite another 9", "password2": "quite another 9"}
    browse(student).post("/accounts/password/change/", fresh)
    student.refresh_from_db()
    assert student.check_password("quite another 9")


def test_the_profile_is_changed_but_not_its_rights(student: User, browse: Browse) -> None:
    person = browse(student)
    person.post("/profile/", {"name": "Анна", "age": 44, "language": "en", "is_staff": "on", "email": "x@y.example"})
    student.refresh_from_db()
    assert (student.name, student.age, student.language) == ("Анна", 44, "en")
    assert (student.is_staff, student.email) == (False, "student@school.example")
    refused = person.post("/profile/", {"name": "Анна", "age": 121, "language": "en"})
    assert "age" in refused.context["form"].errors


def test_a_sign_up_writes_its_letter_and_waits_for_no_mail_server(db: None, browse: Browse, settings: Any) -> None:
    settings.EMAIL_BACKEND = "events.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert browse().post("/accounts/signup/", GOOD).status_code == 302
    assert User.objects.count() == 1
    assert Letter.objects.get().state == Letter.State.WAITING


def test_what_is_kept_before_signing_in_is_the_form_and_little_of_it(db: None, browse: Browse) -> None:
    visitor = browse()
    visitor.post("/feedback/", {"text": "я" * 50_000, "rating": "5", "else": "x" * 50_000})
    kept = visitor.session["typed_before_sign_in"]["data"]
    assert set(kept) == {"text", "rating"}
    assert len(kept["text"]) == 10_000
