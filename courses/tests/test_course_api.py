"""/courses of the API: who reads, who writes, and what bad values get."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from courses.services import CapacityBelowTaken, update
from events.models import Event

Api = Callable[..., Any]
FIELDS = {
    "id", "organization", "title", "slug", "description", "price", "currency", "capacity", "seats_left", "starts_on",
    "ends_on", "status", "requires_approval", "rating", "reviews", "created_at", "updated_at",
}  # fmt: skip


def test_a_course_has_the_shape_of_the_contract(db: None, api: Api) -> None:
    course = CourseFactory(capacity=5, seats_taken=2)
    body = api().call("get", f"/courses/{course.pk}", 200)
    assert set(body) == FIELDS
    assert (body["price"], body["currency"], body["seats_left"], body["rating"]) == ("4900.00", "RUB", 3, None)


def test_a_manager_creates_and_changes_in_the_only_organisation(school: Organization, manager: User, api: Api) -> None:
    body = api(manager).call("post", "/courses", 201, {"title": "Вязание 🧶", "price": "10.50", "organization": 999})
    assert (body["organization"], body["slug"], body["status"]) == (school.pk, "viazanie", "draft")
    body = api(manager).call("patch", f"/courses/{body['id']}", 200, {"status": "published", "capacity": 3})
    assert (body["status"], body["capacity"], body["title"]) == ("published", 3, "Вязание 🧶")
    assert list(Event.objects.filter(topic="course-events").order_by("pk").values_list("type", flat=True)) == [
        "course.created",
        "course.published",
    ]


def test_the_same_title_gets_another_address(manager: User, api: Api) -> None:
    slugs = [api(manager).call("post", "/courses", 201, {"title": "Вязание"})["slug"] for _ in range(3)]
    assert slugs == ["viazanie", "viazanie-2", "viazanie-3"]


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", None), ("title", "x" * 201), ("title", "a\x00b"), ("title", ["x"]),
        ("price", "-1"), ("price", "1000000000000"), ("price", "NaN"), ("price", "1.005"), ("price", "много"),
        ("price", {"a": 1}), ("currency", "рубль"), ("currency", "rub"), ("capacity", -1), ("capacity", 10**20),
        ("capacity", "x"), ("starts_on", "31.12.2030"), ("starts_on", "2030-02-30"), ("ends_on", "2001-01-01"),
        ("status", "gone"), ("slug", "a b"), ("slug", "🙂"), ("slug", "taken"), ("description", "я" * 10_001),
        ("requires_approval", "perhaps"),
    ],
)  # fmt: skip
def test_bad_values_are_422_and_write_nothing(
    school: Organization, manager: User, api: Api, field: str, value: Any
) -> None:
    course = CourseFactory(organization=school)
    CourseFactory(slug="taken")
    before = list(Course.objects.order_by("pk").values())
    good = {"title": "Вязание", "price": "1.00", "starts_on": "2030-01-01"}
    for method, address in (("post", "/courses"), ("patch", f"/courses/{course.pk}")):
        body = api(manager).call(method, address, 422, good | {field: value})
        assert {error["field"] for error in body["errors"]} & {field, "non_field_errors"}
    assert list(Course.objects.order_by("pk").values()) == before


def test_capacity_never_falls_below_the_seats_taken(school: Organization, manager: User, api: Api) -> None:
    course = CourseFactory(organization=school, capacity=5, seats_taken=4)
    body = api(manager).call("patch", f"/courses/{course.pk}", 422, {"capacity": 3})
    assert body["errors"][0]["field"] == "capacity"
    api(manager).call("patch", f"/courses/{course.pk}", 200, {"capacity": 4})


def test_deleting_archives(school: Organization, manager: User, api: Api) -> None:
    course = CourseFactory(organization=school)
    api(manager).call("delete", f"/courses/{course.pk}", 204)
    course.refresh_from_db()
    assert course.status == Course.Status.ARCHIVED


@pytest.mark.sweep
@pytest.mark.parametrize("role", Role)
def test_roles_write_as_the_table_says(school: Organization, api: Api, role: Role) -> None:
    user, course = member(role, school), CourseFactory(organization=school, status=Course.Status.DRAFT)
    may = role in (Role.OWNER, Role.ADMIN, Role.MANAGER)
    api(user).call("get", f"/courses/{course.pk}", 200)
    api(user).call("post", "/courses", 201 if may else 403, {"title": "Новый"})
    api(user).call("patch", f"/courses/{course.pk}", 200 if may else 403, {"title": "Другой"})
    api(user).call("delete", f"/courses/{course.pk}", 204 if may else 403)


def test_strangers_and_visitors_cannot_write(school: Organization, student: User, api: Api) -> None:
    published, draft = CourseFactory(organization=school), CourseFactory(status=Course.Status.DRAFT)
    api().call("post", "/courses", 401, {"title": "x"})
    api().call("patch", f"/courses/{published.pk}", 401, {"title": "x"})
    api(student).call("post", "/courses", 403, {"title": "x"})
    api(student).call("patch", f"/courses/{published.pk}", 403, {"title": "x"})
    api(student).call("patch", f"/courses/{draft.pk}", 404, {"title": "x"})
    api(student).call("get", f"/courses/{draft.pk}", 404)


def test_drafts_are_listed_to_their_own_staff_only(school: Organization, manager: User, api: Api) -> None:
    mine = CourseFactory(organization=school, status=Course.Status.DRAFT)
    CourseFactory(status=Course.Status.DRAFT)
    CourseFactory()

    def listed(user: User | None, query: str) -> list[int]:
        return [row["id"] for row in api(user).call("get", f"/courses{query}", 200)["results"]]

    assert listed(manager, "?status=draft") == [mine.pk]
    assert listed(None, "?status=draft") == listed(UserFactory(), "?status=draft") == []
    assert mine.pk not in listed(manager, "")


def test_the_header_names_the_organisation(school: Organization, manager: User, api: Api) -> None:
    second = MembershipFactory(user=manager, role=Role.VIEWER).organization
    client, sent = api(manager), {"title": "x"}
    assert client.call("post", "/courses", 400, sent)["code"] == "organization_required"
    assert client.call("post", "/courses", 201, sent, **{"X-Organization-Id": str(school.pk)})
    client.call("post", "/courses", 403, sent, **{"X-Organization-Id": str(second.pk)})
    foreign = client.call("post", "/courses", 403, sent, **{"X-Organization-Id": str(OrganizationFactory().pk)})
    assert foreign["code"] == "not_a_member"
    for bad in ("x", "-1", "1.5", "9" * 30):
        assert (
            client.call("post", "/courses", 400, sent, **{"X-Organization-Id": bad})["code"] == "invalid_organization"
        )


@pytest.mark.sweep
@pytest.mark.parametrize(
    "query",
    ["?price_min=x", "?organization=x", "?organization=99999999999999999999", "?has_seats=maybe", "?ordering=secret",
     "?status=gone", "?cursor=x", "?page_size=0", "?page_size=101", "?page_size=x", "?search=%00"],
)  # fmt: skip
def test_unknown_filter_values_are_422(db: None, api: Api, query: str) -> None:
    assert api().call("get", f"/courses{query}", 422)["errors"]


@pytest.mark.sweep
@pytest.mark.parametrize("key", ["abc", "0", "-1", "9" * 40, "%00", "1.5", "🙂"])
def test_an_id_that_is_none_is_404(db: None, api: Api, key: str) -> None:
    assert api().call("get", f"/courses/{key}", 404)["code"] == "not_found"


def test_pages_follow_each_other_and_cost_one_query(db: None, api: Api, django_assert_num_queries: Any) -> None:
    made = [CourseFactory().pk for _ in range(5)]
    address, seen = "/courses?page_size=2", []
    while address:
        with django_assert_num_queries(1):
            body = api().call("get", address, 200)
        seen += [row["id"] for row in body["results"]]
        address = body["next"] and body["next"].removeprefix("http://testserver/api/v1")
    assert seen == made[::-1]
    assert body["previous"]


def test_an_unchanged_list_is_304_and_a_changed_one_is_not(db: None, api: Api) -> None:
    course = CourseFactory()
    first = api().get("/api/v1/courses")
    again = api().get("/api/v1/courses", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Course.objects.filter(pk=course.pk).update(title="Другой")
    assert api().get("/api/v1/courses", headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_title_is_one_line(manager: User, api: Api) -> None:
    api(manager).call("post", "/courses", 422, {"title": "a\nb"})


def test_a_seat_taken_meanwhile_counts_when_the_capacity_falls(manager: User) -> None:
    seen_before = CourseFactory(capacity=5)
    Course.objects.update(seats_taken=4)
    with pytest.raises(CapacityBelowTaken):
        update(course=seen_before, by=manager, capacity=3)
    assert Course.objects.get().capacity == 5
