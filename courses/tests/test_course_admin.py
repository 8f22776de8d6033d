"""Course managers in the admin: their own organisations' courses, and nothing else, in any list or choice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments import services
from enrolments.models import Enrolment
from events.models import Event

Browse = Callable[..., Client]
LIST = "/admin/courses/course/"


def form(organization: Organization, **changes: Any) -> dict[str, Any]:
    return {
        "organization": organization.pk, "title": "Вязание", "price": "10.00", "currency": "RUB",
        "starts_on": "2030-01-15", "status": "draft",
    } | changes  # fmt: skip


def test_a_manager_adds_a_course(school: Organization, manager: User, browse: Browse) -> None:
    browse(manager).post(f"{LIST}add/", form(school))
    course = Course.objects.get()
    assert (course.slug, course.organization, course.created_by) == ("viazanie", school, manager)
    assert Event.objects.get(topic="course-events").type == "course.created"


@pytest.mark.sweep
def test_the_choice_of_organisations_holds_only_those_of_a_manager(
    school: Organization, manager: User, browse: Browse
) -> None:
    viewed = MembershipFactory(user=manager, role=Role.VIEWER).organization
    foreign, client = OrganizationFactory(), browse(manager)
    choices = client.get(f"{LIST}add/").context["adminform"].form.fields["organization"].queryset
    assert list(choices) == [school]
    for other in (viewed, foreign):
        refused = client.post(f"{LIST}add/", form(other))
        assert "organization" in refused.context["adminform"].form.errors
    assert not Course.objects.exists()


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "-1"), ("price", "1e12"), ("title", ""), ("title", "a\x00b"), ("slug", "taken"), ("capacity", "-1"),
     ("currency", "рубль"), ("ends_on", "2001-01-01"), ("description", "я" * 10_001), ("status", "gone")],
)  # fmt: skip
def test_bad_values_are_named_beside_their_field(
    school: Organization, manager: User, browse: Browse, field: str, value: str
) -> None:
    CourseFactory(slug="taken")
    response = browse(manager).post(f"{LIST}add/", form(school, **{field: value}))
    assert field in response.context["adminform"].form.errors
    assert Course.objects.count() == 1


def test_more_seats_in_the_form_move_the_queue_up(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    course = CourseFactory(organization=school, capacity=1, seats_taken=1)
    services.apply(course=course, by=student)
    address = f"{LIST}{course.pk}/change/"
    changed = form(school, title=course.title, slug=course.slug, status="published", price="4900.00", capacity=2)
    assert browse(manager).post(address, changed).status_code == 302
    assert Enrolment.objects.get().status == Enrolment.Status.ACCEPTED
    refused = browse(manager).post(address, changed | {"capacity": 1})
    assert "capacity" in refused.context["adminform"].form.errors


def test_publishing_and_archiving_in_bulk(school: Organization, manager: User, browse: Browse) -> None:
    mine, foreign = CourseFactory(organization=school, status="draft"), CourseFactory(status="draft")
    client = browse(manager)
    client.post(LIST, {"action": "publish", "_selected_action": [mine.pk, foreign.pk]})
    assert [Course.objects.get(pk=row.pk).status for row in (mine, foreign)] == ["published", "draft"]
    client.post(f"{LIST}{mine.pk}/do/archive/")
    assert Course.objects.get(pk=mine.pk).status == "archived"


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 200), (Role.MEMBER, 403)])
def test_the_list_links_only_to_students_that_may_be_seen(
    school: Organization, browse: Browse, role: Role, status: int
) -> None:
    course, client = CourseFactory(organization=school), browse(member(role, school))
    students = f"/admin/enrolments/enrolment/?course__id__exact={course.pk}"
    assert client.get(students).status_code == status
    assert (students in client.get("/admin/courses/course/").content.decode()) is (status == 200)


def test_a_course_is_never_deleted(school: Organization, browse: Browse) -> None:
    course = CourseFactory(organization=school)
    for user in (member(Role.OWNER, school), UserFactory(is_staff=True, is_superuser=True)):
        assert browse(user).post(f"{LIST}{course.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Course.objects.exists()


def test_foreign_courses_are_out_of_sight(school: Organization, manager: User, browse: Browse) -> None:
    foreign = CourseFactory(title="Чужой", status="published")
    client = browse(manager)
    assert "Чужой" not in client.get(LIST).content.decode()
    assert "Чужой" not in client.get(f"{LIST}?status__exact=published").content.decode()
    assert foreign.organization.name not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{foreign.pk}/change/").status_code == 302
    assert client.get(f"{LIST}{foreign.pk}/history/").status_code == 302
    mine = CourseFactory(organization=school, title="Свой")
    exported = client.get(f"{LIST}export/").content.decode()
    assert mine.title in exported
    assert "Чужой" not in exported


def test_nothing_can_be_looked_up_through_a_filter(school: Organization, manager: User, browse: Browse) -> None:
    CourseFactory(organization=school, created_by=manager)
    client = Client(raise_request_exception=False)
    client.force_login(manager)
    assert client.get(f"{LIST}?created_by__password__startswith=a").status_code == 400
