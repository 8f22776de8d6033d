"""Reviews of one course at once: all are counted."""

from functools import partial

import pytest

from courses.factories import CourseFactory
from crm.tests.race.conftest import at_once
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback import services
from feedback.models import Feedback

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_twenty_reviews_of_one_course_are_all_counted() -> None:
    course = CourseFactory()
    students = [EnrolmentFactory(course=course, status=Enrolment.Status.ACCEPTED).student for _ in range(20)]
    at_once(*(partial(services.write, text="Хорошо", rating=4, course=course, by=student) for student in students))
    course.refresh_from_db()
    assert (course.reviews, course.rating) == (20, 4.0)


def test_one_text_about_the_school_is_said_once() -> None:
    student = EnrolmentFactory().student

    def say() -> str:
        try:
            services.write(text="Спасибо", rating=5, course=None, by=student)
        except services.AlreadySaid:
            return "refused"
        return "said"

    assert sorted(at_once(*[say] * 6)) == ["refused"] * 5 + ["said"]
    assert Feedback.objects.count() == 1
