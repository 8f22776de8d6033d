import factory
from factory.django import DjangoModelFactory

from accounts.factories import UserFactory
from courses.factories import CourseFactory
from enrolments.models import Enrolment


class EnrolmentFactory(DjangoModelFactory[Enrolment]):
    """A bare row; a seat that it holds is counted, as the constraint and check_seats expect."""

    class Meta:
        model = Enrolment
        skip_postgeneration_save = True

    student = factory.SubFactory(UserFactory)
    course = factory.SubFactory(CourseFactory)
    organization = factory.SelfAttribute("course.organization")
    status = Enrolment.Status.APPLIED

    @factory.post_generation
    def count_seat(self, create: bool, extracted: object) -> None:
        if self.holds_seat:
            self.course.seats_taken += 1
            self.course.save(update_fields=["seats_taken"])
