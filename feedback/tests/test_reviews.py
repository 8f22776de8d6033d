"""Writing reviews, and the tally that each course keeps of them."""

import pytest

from accounts.factories import UserFactory
from accounts.models import User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback import services
from feedback.models import Feedback

S = Enrolment.Status


def write(course: Course, rating: int | None, by: User | None = None, text: str = "Хорошо 🙂") -> Feedback:
    by = by or EnrolmentFactory(course=course, status=S.ACCEPTED).student
    return services.write(text=text, rating=rating, course=course, by=by)


def tally(course: Course) -> tuple[int, float | None]:
    course.refresh_from_db()
    return course.reviews, course.rating


@pytest.mark.sweep
@pytest.mark.parametrize("status", S)
def test_only_those_who_study_or_studied_review_a_course(student: User, status: str) -> None:
    course = CourseFactory()
    EnrolmentFactory(course=course, student=student, status=status)
    if status in (S.ACCEPTED, S.COMPLETED):
        assert write(course, 5, student).pk
    else:
        with pytest.raises(services.NotEnrolled):
            write(course, 5, student)


def test_a_student_reviews_a_course_once(student: User) -> None:
    course = EnrolmentFactory(student=student, status=S.ACCEPTED).course
    write(course, 5, student)
    with pytest.raises(services.AlreadyReviewed):
        write(course, 1, student)
    assert tally(course) == (1, 5.0)


def test_anyone_signed_in_may_review_the_school(student: User) -> None:
    for text in ("Спасибо", "И ещё раз спасибо"):
        services.write(text=text, rating=None, course=None, by=student)
    with pytest.raises(services.AlreadySaid):
        services.write(text="Спасибо", rating=5, course=None, by=student)
    assert Feedback.objects.filter(course=None).count() == 2


def test_a_banned_word_writes_nothing(student: User) -> None:
    with pytest.raises(services.BannedWordUsed):
        services.write(text="ну и д у р е н ь", rating=5, course=None, by=student)
    assert not Feedback.objects.exists()


def test_the_tally_follows_every_change(db: None) -> None:
    course = CourseFactory()
    first, second, third = write(course, 5), write(course, 2), write(course, None)
    assert tally(course) == (3, 3.5)
    services.change(feedback=second, text="Лучше", rating=4)
    assert tally(course) == (3, 4.5)
    services.set_hidden(feedback=first, hidden=True)
    services.set_hidden(feedback=first, hidden=True)
    assert tally(course) == (2, 4.0)
    services.delete(feedback=first)
    services.delete(feedback=second)
    assert tally(course) == (1, None)
    services.delete(feedback=third)
    assert tally(course) == (0, None)


def test_changing_a_review_checks_its_words(student: User) -> None:
    review = services.write(text="Спасибо", rating=5, course=None, by=student)
    with pytest.raises(services.BannedWordUsed):
        services.change(feedback=review, text="spam", rating=1)
    review.refresh_from_db()
    assert (review.text, review.rating) == ("Спасибо", 5)


def test_a_review_of_a_stranger_is_refused(db: None) -> None:
    with pytest.raises(services.NotEnrolled):
        write(CourseFactory(), 5, UserFactory())
