"""Reviews on the pages: what is typed is never lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.factories import PASSWORD
from accounts.models import User
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback.factories import FeedbackFactory
from feedback.models import Feedback

Browse = Callable[..., Client]


@pytest.fixture
def course_page(student: User) -> str:
    course = EnrolmentFactory(student=student, status=Enrolment.Status.ACCEPTED).course
    return f"/courses/{course.slug}/"


def test_a_student_reviews_the_course_on_its_page(student: User, browse: Browse, course_page: str) -> None:
    person = browse(student)
    page = person.post(course_page, {"text": "Было <b>ясно</b>", "rating": "4"}, follow=True).content.decode()
    assert "Your review is published" in page
    assert "Было &lt;b&gt;ясно&lt;/b&gt;" in page
    assert "4 of 5" in page
    assert "<textarea" not in page


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"text": "Он дурень", "rating": "1"}, "text"),
        ({"text": "я" * 5001, "rating": "1"}, "text"),
        ({"text": "", "rating": "1"}, "text"),
        ({"text": "a\x00b", "rating": "1"}, "text"),
        ({"text": "Хорошо", "rating": "6"}, "rating"),
        ({"text": "Хорошо", "rating": "пять"}, "rating"),
    ],
)
def test_a_refused_review_keeps_what_was_typed(
    student: User, browse: Browse, course_page: str, sent: dict[str, str], field: str
) -> None:
    response = browse(student).post(course_page, sent)
    assert response.context["form"].errors[field]
    assert sent["text"].replace("\x00", "") in response.content.decode().replace("\x00", "")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("about_the_school", [True, False])
def test_a_text_survives_an_expired_session(
    student: User, browse: Browse, course_page: str, about_the_school: bool
) -> None:
    address = "/feedback/" if about_the_school else course_page
    person = browse()
    asked = person.post(address, {"text": "Длинный текст", "rating": "5"})
    assert asked["Location"] == f"/accounts/login/?next={address}"
    back = person.post(asked["Location"], {"login": student.email, "password": PASSWORD}, follow=True)
    assert back.redirect_chain[-1][0] == address
    assert "Длинный текст</textarea>" in back.content.decode()
    assert not Feedback.objects.exists()


def test_a_double_click_publishes_one_review(student: User, browse: Browse, course_page: str) -> None:
    person = browse(student)
    for _ in range(2):
        last = person.post(course_page, {"text": "Хорошо", "rating": "5"})
    assert "already reviewed" in last.content.decode()
    assert Feedback.objects.count() == 1


def test_strangers_are_refused_and_see_no_form(browse: Browse, course_page: str, manager: User) -> None:
    person = browse(manager)
    assert "<textarea" not in person.get(course_page).content.decode()
    assert "Only accepted students" in person.post(course_page, {"text": "x", "rating": "1"}).content.decode()
    assert not Feedback.objects.exists()


def test_the_author_changes_and_deletes_after_a_question(student: User, browse: Browse) -> None:
    review, person = FeedbackFactory(author=student), browse(student)
    person.post(f"/feedback/{review.pk}/edit/", {"text": "Ещё лучше", "rating": ""})
    review.refresh_from_db()
    assert (review.text, review.rating) == ("Ещё лучше", None)
    refused = person.post(f"/feedback/{review.pk}/edit/", {"text": "spam", "rating": "1"})
    assert "spam</textarea>" in refused.content.decode()
    assert "Delete this review?" in person.get(f"/feedback/{review.pk}/delete/").content.decode()
    assert Feedback.objects.exists()
    person.post(f"/feedback/{review.pk}/delete/")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_nobody_changes_the_review_of_somebody_else(student: User, browse: Browse, verb: str) -> None:
    review = FeedbackFactory()
    assert browse(student).post(f"/feedback/{review.pk}/{verb}/", {"text": "x"}).status_code == 404
    assert browse().post(f"/feedback/{review.pk}/{verb}/", {"text": "x"}).status_code == 302
    assert Feedback.objects.get().text == review.text


def test_the_school_page_holds_visible_reviews_of_the_school_at_a_fixed_cost(
    db: None, browse: Browse, django_assert_num_queries: Any, course_page: str
) -> None:
    FeedbackFactory(text="Скрытый", hidden=True)
    FeedbackFactory(text="О курсе", course=Enrolment.objects.get().course)
    for amount in (1, 15):
        for _ in range(amount):
            FeedbackFactory(text="О школе")
        with django_assert_num_queries(2):  # the reviews, their authors
            page = browse().get("/feedback/").content.decode()
    assert page.count("О школе") == 10
    assert "Скрытый" not in page
    assert "О курсе" not in page
