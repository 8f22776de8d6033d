"""Moderation: hide, show, delete, and the list of banned words."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback import services
from feedback.factories import FeedbackFactory
from feedback.models import BannedWord, Feedback

Browse = Callable[..., Client]
LIST = "/admin/feedback/feedback/"
WORDS = "/admin/feedback/bannedword/"


@pytest.mark.sweep
def test_hiding_takes_a_review_off_the_page_and_the_tally(school: Organization, manager: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory(course__organization=school, status=Enrolment.Status.ACCEPTED)
    course = enrolment.course
    review = services.write(text="Грубость", rating=1, course=course, by=enrolment.student)
    client = browse(manager)
    client.post(f"{LIST}{review.pk}/do/hide/")
    course.refresh_from_db()
    assert course.reviews == 0
    assert "Грубость" not in browse().get(course.get_absolute_url()).content.decode()
    client.post(LIST, {"action": "show", "_selected_action": [review.pk]})
    assert "Грубость" in browse().get(course.get_absolute_url()).content.decode()
    client.post(f"{LIST}{review.pk}/delete/", {"post": "yes"})
    course.refresh_from_db()
    assert (course.reviews, Feedback.objects.count()) == (0, 0)


def test_nobody_rewrites_a_review(school: Organization, manager: User, browse: Browse) -> None:
    review = FeedbackFactory(course=CourseFactory(organization=school), text="Как было")
    assert browse(manager).post(f"{LIST}{review.pk}/change/", {"text": "Подмена"}).status_code == 403
    assert Feedback.objects.get().text == "Как было"


def test_reviews_of_other_schools_are_out_of_sight(manager: User, browse: Browse) -> None:
    foreign, client = FeedbackFactory(course=CourseFactory(), text="Чужой"), browse(manager)
    assert "Чужой" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}{foreign.pk}/do/hide/").status_code == 404


def test_a_banned_word_works_at_once_and_once(manager: User, browse: Browse, student: User) -> None:
    client = browse(manager)
    client.post(f"{WORDS}add/", {"word": "Брюква"})
    assert BannedWord.objects.filter(word="Брюква").exists()
    again = client.post(f"{WORDS}add/", {"word": "БРЮКВА"})
    assert "already on the list" in again.content.decode()
    page = browse(student).post("/feedback/", {"text": "Что за б р ю к в а", "rating": ""})
    assert "text" in page.context["form"].errors


def test_sales_do_not_moderate(school: Organization, browse: Browse) -> None:
    client = browse(member(Role.SALES, school))
    assert client.get(LIST).status_code == client.get(WORDS).status_code == 403


@pytest.mark.sweep
@pytest.mark.parametrize("word", ["два слова", "!!!", "ﷺ" * 64, "a-b", "a\x00"])
def test_a_banned_word_is_one_word(manager: User, browse: Browse, word: str) -> None:
    page = browse(manager).post(f"{WORDS}add/", {"word": word})
    assert "word" in page.context["adminform"].form.errors
