"""The codes of docs/errors.md, each as the API gives it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import Role
from accounts.factories import PASSWORD, OrganizationFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from feedback.factories import FeedbackFactory
from sales.factories import ContactFactory, DealFactory

Api = Callable[..., Any]
JOIN = {"email": "new@school.example", "name": "Анна", "age": 30, "password": PASSWORD}


@pytest.fixture
def owner(school: Organization) -> User:
    return member(Role.OWNER, school, user__email="owner@school.example")


def said(body: Any) -> tuple[str, str]:
    """The field and the code of the only error."""
    assert (body["code"], len(body["errors"])) == ("invalid", 1), body
    return body["errors"][0]["field"], body["errors"][0]["code"]


@pytest.mark.sweep
def test_values_of_accounts_are_refused_by_code(school: Organization, owner: User, student: User, api: Api) -> None:
    other, members = OrganizationFactory(slug="taken"), f"/organizations/{school.pk}/members"
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    for method, path, body, expected in (
        ("post", "/auth/register", JOIN | {"email": "Student@School.example"}, ("email", "email_taken")),
        ("post", "/auth/register", JOIN | {"email": "no"}, ("email", "invalid")),
        ("post", "/auth/register", JOIN | {"age": 9}, ("age", "min_value")),
        ("post", "/auth/register", JOIN | {"name": "я" * 101}, ("name", "max_length")),
        ("post", "/auth/register", JOIN | {"password": "xq7#k"}, ("password", "password_too_short")),
        ("post", "/auth/register", JOIN | {"password": "password1"}, ("password", "password_too_common")),
        ("post", "/auth/login", {"email": "a@b.example"}, ("password", "required")),
        ("post", "/auth/password", change | {"current_password": "x"}, ("current_password", "wrong_password")),
        ("post", "/auth/password", change | {"new_password": "xq7#k"}, ("new_password", "password_too_short")),
        ("post", "/organizations", {"name": "Школа", "slug": "taken"}, ("slug", "slug_taken")),
        ("patch", f"/organizations/{school.pk}", {"slug": other.slug}, ("slug", "slug_taken")),
        ("post", members, {"email": "nobody@school.example", "role": "viewer"}, ("email", "unknown")),
        ("post", members, {"email": student.email, "role": "viewer"}, ("email", "unverified")),
        ("post", members, {"email": student.email, "role": "king"}, ("role", "invalid_choice")),
    ):
        assert said(api(owner).call(method, path, 422, body)) == expected, (path, body)


@pytest.mark.sweep
def test_values_of_courses_and_reviews_are_refused_by_code(school: Organization, owner: User, api: Api) -> None:
    course, review = CourseFactory(organization=school, capacity=5, seats_taken=4), FeedbackFactory(author=owner)
    draft, here = CourseFactory(slug="taken", status=Course.Status.DRAFT), f"/courses/{course.pk}"
    for method, path, body, expected in (
        ("post", "/courses", {"title": "Вязание", "slug": "taken"}, ("slug", "slug_taken")),
        ("patch", here, {"slug": "taken"}, ("slug", "slug_taken")),
        ("patch", here, {"slug": "a b"}, ("slug", "invalid")),
        ("patch", here, {"capacity": 1}, ("capacity", "capacity_below_taken")),
        ("patch", here, {"price": "-1"}, ("price", "min_value")),
        ("patch", here, {"ends_on": "2001-01-01"}, ("ends_on", "invalid")),
        ("patch", here, {"currency": "rub"}, ("currency", "currency")),
        ("post", "/courses", {}, ("title", "required")),
        ("get", "/courses?cursor=x", None, ("cursor", "invalid_cursor")),
        ("post", "/feedback", {"text": "shiiit"}, ("text", "banned_word")),
        ("patch", f"/feedback/{review.pk}", {"text": "shiiit"}, ("text", "banned_word")),
        ("post", "/feedback", {"text": "x", "course_id": draft.pk}, ("course_id", "does_not_exist")),
        ("post", "/feedback", {"text": "x", "rating": 6}, ("rating", "max_value")),
    ):
        assert said(api(owner).call(method, path, 422, body)) == expected, (path, body)


def test_values_of_sales_are_refused_by_code(school: Organization, owner: User, student: User, api: Api) -> None:
    contact = ContactFactory(organization=school, email="lead@school.example")
    deal, sale = DealFactory(organization=school, contact=contact), {"title": "x", "contact": contact.pk}
    for path, body, expected in (
        ("/contacts", {"name": "x", "email": contact.email}, ("email", "duplicate")),
        (f"/contacts/{contact.pk}/merge", {"other": contact.pk}, ("other", "same_contact")),
        ("/stages", {"name": "x", "slug": deal.stage.slug, "position": 50, "probability": 1}, ("slug", "slug_taken")),
        ("/deals", sale | {"owner": student.pk}, ("owner", "not_a_colleague")),
        ("/tasks", {"title": "x", "due_at": "2001-01-01T00:00:00Z"}, ("due_at", "due_in_past")),
    ):
        assert said(api(owner).call("post", path, 422, body)) == expected, (path, body)


def test_what_is_no_value_has_a_code_of_its_own(school: Organization, student: User, api: Api) -> None:
    viewer = member(Role.VIEWER, school)
    draft, mine = CourseFactory(status=Course.Status.DRAFT), FeedbackFactory(author=student, text="Хорошо")
    for user, method, path, body, status, code in (
        (None, "post", "/feedback", {"text": "x"}, 401, "not_authenticated"),
        (None, "post", "/auth/login", {"email": "a@b.example", "password": "x"}, 401, "authentication_failed"),
        (student, "post", "/courses", {"title": "x"}, 403, "not_a_member"),
        (viewer, "post", "/courses", {"title": "x"}, 403, "permission_denied"),
        (student, "post", "/organizations/x/members", {}, 404, "not_found"),
        (student, "get", f"/courses/{draft.pk}", None, 404, "not_found"),
        (student, "put", "/auth/me", {}, 405, "method_not_allowed"),
        (student, "post", "/feedback", {"text": mine.text}, 409, "already_said"),
    ):
        assert api(user).call(method, path, status, body)["code"] == code, path
    client = api(student, enforce_csrf_checks=True)
    assert client.call("post", "/feedback", 403, {"text": "x"})["code"] == "permission_denied"
    assert client.call("get", "/courses", 406, Accept="text/csv")["code"] == "not_acceptable"
    for kind, status, code in (("application/json", 400, "parse_error"), ("text/csv", 415, "unsupported_media_type")):
        answer = api().post("/api/v1/auth/login", "{", content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
