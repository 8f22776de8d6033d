"""/feedback of the API."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import Role
from accounts.factories import UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback.factories import FeedbackFactory
from feedback.models import Feedback

Api = Callable[..., Any]


def test_reviewing_a_course(student: User, api: Api) -> None:
    course = EnrolmentFactory(student=student, status=Enrolment.Status.ACCEPTED).course
    sent = {"text": "Понятно 🙂", "course_id": course.pk, "rating": 5}
    body = api(student).call("post", "/feedback", 201, sent)
    assert set(body) == {"id", "author", "course_id", "text", "rating", "created_at"}
    assert (body["author"]["id"], body["course_id"]) == (student.pk, course.pk)
    assert api(student).call("post", "/feedback", 409, sent)["code"] == "already_reviewed"
    assert api(student).call("get", f"/courses/{course.pk}", 200)["rating"] == 5.0


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"), ({"text": "я" * 5001}, "text"), ({"text": "shiiit"}, "text"), ({"text": None}, "text"),
        ({"text": "a\x00b"}, "text"), ({"rating": 0}, "rating"), ({"rating": 6}, "rating"), ({"rating": "x"}, "rating"),
        ({"course_id": "x"}, "course_id"), ({"course_id": 10**30}, "course_id"), ({"course_id": 0}, "course_id"),
        ({"course_id": True}, "course_id"), ({"course_id": 1.5}, "course_id"),
    ],
)  # fmt: skip
def test_bad_values_are_422(student: User, api: Api, change: dict[str, Any], field: str) -> None:
    body = api(student).call("post", "/feedback", 422, {"text": "Хорошо", "rating": 5} | change)
    assert [error["field"] for error in body["errors"]] == [field]
    assert not Feedback.objects.exists()


def test_a_stranger_to_the_course_is_409(student: User, api: Api) -> None:
    course = CourseFactory()
    assert api(student).call("post", "/feedback", 409, {"text": "x", "course_id": course.pk})["code"] == "not_enrolled"
    api().call("post", "/feedback", 401, {"text": "x"})


def test_a_draft_cannot_be_named(student: User, api: Api) -> None:
    draft = CourseFactory(status=Course.Status.DRAFT)
    api(student).call("post", "/feedback", 422, {"text": "x", "course_id": draft.pk})


def test_the_list_is_public_newest_first_at_a_fixed_cost(db: None, api: Api, django_assert_num_queries: Any) -> None:
    rows = [FeedbackFactory(rating=rating).pk for rating in (5, 3, 5)]
    FeedbackFactory(hidden=True)
    with django_assert_num_queries(2):  # the reviews, their authors
        body = api().call("get", "/feedback", 200)
    assert [row["id"] for row in body["results"]] == rows[::-1]
    fives = api().call("get", "/feedback?rating=5", 200)["results"]
    assert [row["id"] for row in fives] == [rows[2], rows[0]]
    for bad in ("rating=6", "rating=x", "course=x"):
        api().call("get", f"/feedback?{bad}", 422)


def test_the_author_changes_and_deletes(student: User, api: Api) -> None:
    review = FeedbackFactory(author=student)
    body = api(student).call("patch", f"/feedback/{review.pk}", 200, {"text": "Лучше", "course_id": CourseFactory().pk})
    assert (body["text"], body["rating"], body["course_id"]) == ("Лучше", 5, None)
    api(student).call("patch", f"/feedback/{review.pk}", 422, {"text": "spam"})
    api(student).call("delete", f"/feedback/{review.pk}", 204)
    assert not Feedback.objects.exists()


@pytest.mark.sweep
@pytest.mark.parametrize("role", [*Role, None])
def test_others_delete_as_the_table_says(school: Organization, api: Api, role: Role | None) -> None:
    user = member(role, school) if role else UserFactory()
    review = FeedbackFactory(course=CourseFactory(organization=school))
    may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    api(user).call("patch", f"/feedback/{review.pk}", 403, {"text": "Подменённый"})
    api(user).call("delete", f"/feedback/{review.pk}", 204 if may else 403)
    assert Feedback.objects.exists() != may


def test_a_manager_of_another_school_cannot_delete(manager: User, api: Api) -> None:
    review = FeedbackFactory(course=CourseFactory())
    api(manager).call("delete", f"/feedback/{review.pk}", 403)


def test_the_author_keeps_hold_of_a_hidden_review(student: User, api: Api) -> None:
    review = FeedbackFactory(author=student, hidden=True)
    api(UserFactory()).call("get", f"/feedback/{review.pk}", 404)
    api(student).call("patch", f"/feedback/{review.pk}", 200, {"text": "Вежливее"})
    api(student).call("delete", f"/feedback/{review.pk}", 204)


def test_a_graduate_of_an_archived_course_reviews_it(student: User, api: Api) -> None:
    course = CourseFactory(status=Course.Status.ARCHIVED)
    sent = {"text": "Хорошо", "course_id": course.pk}
    api(student).call("post", "/feedback", 422, sent)
    EnrolmentFactory(course=course, student=student, status=Enrolment.Status.COMPLETED)
    api(student).call("post", "/feedback", 201, sent)
