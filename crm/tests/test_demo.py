"""The demo school."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.access import Role
from accounts.models import Membership, Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from enrolments.models import Enrolment
from feedback.models import Feedback
from sales.models import Activity, Contact, Deal, Task


def run(command: str = "demo", *given: str) -> str:
    out = StringIO()
    call_command(command, *given, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.sweep
@pytest.mark.django_db
def test_it_is_full_and_may_be_run_twice_and_lets_in_nobody_outside_debug(settings: Any) -> None:
    assert "password" not in run()
    assert not any(user.has_usable_password() for user in User.objects.all())
    counts = [model.objects.count() for model in (Organization, Course, User, Enrolment, Feedback)]
    assert counts[:2] == [2, 12]
    students = User.objects.filter(memberships=None, is_superuser=False)
    assert students.count() == 60
    assert set(Enrolment.objects.values_list("status", flat=True)) == set(Enrolment.Status)
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role)
    settings.DEBUG = True
    again = run()
    assert "nothing was changed" in again
    assert "manager@demo.example" in again
    assert counts == [model.objects.count() for model in (Organization, Course, User, Enrolment, Feedback)]
    assert "every seat is accounted for" in run("check_seats")
    sold = Deal.objects.filter(enrolment__status__in=Enrolment.HOLDS_SEAT, course__price__gt=0)
    assert set(sold.values_list("status", flat=True)) == {"won"}
    assert set(Deal.objects.values_list("status", flat=True)) >= {"new", "in_progress", "won", "lost"}
    assert Task.objects.overdue(Organization.objects.get(slug="mayak")).exists()
    scaled = run("demo", "--scale", "30")
    assert "deals: 30" in scaled
    assert Activity.objects.filter(organization__slug="scale").count() == 60
    assert Contact.objects.search("lead7@").count() == 1
    assert "already there" in run("demo", "--scale")
    with pytest.raises(CommandError):
        run("demo", "--scale", "-5")


@pytest.mark.django_db
def test_check_seats_finds_a_wrong_counter_and_an_idle_seat() -> None:
    wrong = EnrolmentFactory(status=Enrolment.Status.ACCEPTED).course
    Course.objects.filter(pk=wrong.pk).update(seats_taken=3)
    with pytest.raises(CommandError):
        run("check_seats")
    Course.objects.filter(pk=wrong.pk).update(seats_taken=1)
    EnrolmentFactory(course=CourseFactory(capacity=2), status=Enrolment.Status.WAITLISTED)
    with pytest.raises(CommandError):
        run("check_seats")
