"""/enrolments of the API."""

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

Api = Callable[..., Any]
S = Enrolment.Status


def test_applying(student: User, api: Api) -> None:
    course = CourseFactory(requires_approval=True)
    body = api(student).call("post", "/enrolments", 201, {"course_id": course.pk})
    assert (body["status"], body["course"]["slug"], body["student"]["id"]) == ("applied", course.slug, student.pk)
    again = api(student).call("post", "/enrolments", 400, {"course_id": course.pk})
    assert (again["code"], again["title"], again["status"]) == ("already_enrolled", "Bad Request", 400)
    assert again["request_id"]


@pytest.mark.sweep
@pytest.mark.parametrize("key", [0, -1, "x", None, [1], {"a": 1}, 2**63, True])
def test_a_course_id_that_is_none_is_422(student: User, api: Api, key: Any) -> None:
    body = api(student).call("post", "/enrolments", 422, {"course_id": key})
    assert body["errors"][0]["field"] == "course_id"


def test_unpublished_and_missing_courses_are_404(student: User, api: Api) -> None:
    draft = CourseFactory(status=Course.Status.DRAFT)
    for key in (draft.pk, 10**9):
        api(student).call("post", "/enrolments", 404, {"course_id": key})
    api().call("post", "/enrolments", 401, {"course_id": draft.pk})
    assert not Enrolment.objects.exists()


def test_my_list_is_mine_alone_and_one_query(student: User, api: Api, django_assert_num_queries: Any) -> None:
    mine = [EnrolmentFactory(student=student).pk for _ in range(5)]
    EnrolmentFactory()
    client = api(student)
    with django_assert_num_queries(3):  # session, user, the page
        body = client.call("get", "/enrolments", 200)
    assert [row["id"] for row in body["results"]] == mine[::-1]


@pytest.mark.sweep
def test_staff_list_their_organisation(school: Organization, manager: User, api: Api) -> None:
    course = CourseFactory(organization=school)
    rows = [EnrolmentFactory(course=course, status=status).pk for status in (S.APPLIED, S.WAITLISTED)]
    EnrolmentFactory()

    def listed(query: str) -> list[int]:
        return [row["id"] for row in api(manager).call("get", f"/enrolments?{query}", 200)["results"]]

    assert listed("scope=organization") == rows[::-1]
    assert listed("scope=organization&status=waitlisted") == rows[1:]
    assert listed(f"scope=organization&course={course.pk}") == rows[::-1]
    assert listed("") == []
    for bad in ("scope=everything", "status=gone", "course=x"):
        api(manager).call("get", f"/enrolments?{bad}", 422)


def test_students_and_strangers_cannot_list_an_organisation(school: Organization, student: User, api: Api) -> None:
    body = api(student).call("get", "/enrolments?scope=organization", 403)
    assert body["code"] == "not_a_member"
    header = {"X-Organization-Id": str(school.pk)}
    api(UserFactory()).call("get", "/enrolments?scope=organization", 403, **header)


@pytest.mark.sweep
@pytest.mark.parametrize("verb", ["accept", "reject", "complete", "cancel"])
@pytest.mark.parametrize("role", [*Role, None])
def test_verbs_follow_the_table(school: Organization, api: Api, role: Role | None, verb: str) -> None:
    start = S.ACCEPTED if verb == "complete" else S.APPLIED
    enrolment = EnrolmentFactory(course__organization=school, status=start)
    user = member(role, school) if role else UserFactory()
    sees = role not in (Role.MEMBER, None)
    may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    api(user).call("get", f"/enrolments/{enrolment.pk}", 200 if sees else 404)
    api(user).call("post", f"/enrolments/{enrolment.pk}/{verb}", 200 if may else 403 if sees else 404)
    enrolment.refresh_from_db()
    assert (enrolment.status != start) == may


def test_the_student_may_only_withdraw(student: User, api: Api) -> None:
    enrolment = EnrolmentFactory(student=student)
    client = api(student)
    client.call("get", f"/enrolments/{enrolment.pk}", 200)
    for verb in ("accept", "reject", "complete"):
        client.call("post", f"/enrolments/{enrolment.pk}/{verb}", 403)
    assert client.call("post", f"/enrolments/{enrolment.pk}/cancel", 200)["status"] == "cancelled"
    refused = client.call("post", f"/enrolments/{enrolment.pk}/cancel", 409)
    assert refused["code"] == "invalid_transition"


def test_a_full_course_is_409(school: Organization, manager: User, api: Api) -> None:
    course = CourseFactory(organization=school, capacity=1, seats_taken=1, requires_approval=True)
    enrolment = EnrolmentFactory(course=course)
    assert api(manager).call("post", f"/enrolments/{enrolment.pk}/accept", 409)["code"] == "course_full"
