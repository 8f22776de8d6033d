"""What a student does on the pages: apply, look, withdraw."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.factories import PASSWORD
from accounts.models import User
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment

Browse = Callable[..., Client]
S = Enrolment.Status


@pytest.mark.parametrize(
    ("course", "status", "says"),
    [
        ({}, S.ACCEPTED, "The seat is yours"),
        ({"requires_approval": True}, S.APPLIED, "A manager will decide soon"),
        ({"capacity": 1, "seats_taken": 1}, S.WAITLISTED, "You are on the waiting list"),
    ],
)
def test_applying_says_what_comes_next(
    student: User, browse: Browse, course: dict[str, Any], status: str, says: str
) -> None:
    slug = CourseFactory(**course).slug
    page = browse(student).post(f"/courses/{slug}/apply/", follow=True)
    assert page.redirect_chain == [(f"/courses/{slug}/", 302)]
    assert says in page.content.decode()
    assert Enrolment.objects.get().status == status


def test_a_double_click_applies_once(student: User, browse: Browse) -> None:
    slug, person = CourseFactory().slug, browse(student)
    person.post(f"/courses/{slug}/apply/")
    again = person.post(f"/courses/{slug}/apply/", follow=True)
    assert "already applied" in again.content.decode()
    assert Enrolment.objects.count() == 1


def test_a_visitor_comes_back_to_the_course_after_signing_in(student: User, browse: Browse) -> None:
    course, visitor = CourseFactory(), browse()
    page = visitor.post(f"/courses/{course.slug}/apply/", follow=True)
    assert "Please sign in" in page.content.decode()
    assert not Enrolment.objects.exists()
    signed_in = {"login": student.email, "password": PASSWORD, "next": f"/courses/{course.slug}/"}
    assert visitor.post("/accounts/login/", signed_in)["Location"] == f"/courses/{course.slug}/"


def test_the_course_page_shows_my_status(student: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory(student=student, status=S.WAITLISTED)
    page = browse(student).get(f"/courses/{enrolment.course.slug}/").content.decode()
    assert "on the waiting list" in page
    assert "apply/" not in page


def test_withdrawing_asks_first(student: User, browse: Browse) -> None:
    enrolment, person = EnrolmentFactory(student=student, status=S.ACCEPTED), browse(student)
    address = f"/my/{enrolment.pk}/cancel/"
    assert "Your seat goes to the next student" in person.get(address).content.decode()
    assert Enrolment.objects.get().status == S.ACCEPTED
    assert "You have withdrawn" in person.post(address, follow=True).content.decode()
    assert Enrolment.objects.get().status == S.CANCELLED
    refused = person.post(address, follow=True)
    assert "cannot get the status" in refused.content.decode()


def test_nobody_withdraws_for_somebody_else(student: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory()
    assert browse(student).post(f"/my/{enrolment.pk}/cancel/").status_code == 404
    assert browse().post(f"/my/{enrolment.pk}/cancel/").status_code == 302
    assert Enrolment.objects.get().status == S.APPLIED


def test_the_list_shows_mine_alone_at_a_fixed_cost(
    student: User, browse: Browse, django_assert_num_queries: Any
) -> None:
    EnrolmentFactory(course__title="Чужой курс")
    for amount in (1, 11):
        for _ in range(amount):
            EnrolmentFactory(student=student)
        person = browse(student)
        with django_assert_num_queries(3):  # session, user, the page
            page = person.get("/my/")
    assert len(page.context["page"].rows) == 12
    assert "Чужой курс" not in page.content.decode()


@pytest.mark.parametrize("address", ["/my/", "/profile/"])
def test_these_pages_ask_to_sign_in(db: None, browse: Browse, address: str) -> None:
    assert browse().get(address)["Location"] == f"/accounts/login/?next={address}"
