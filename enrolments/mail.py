"""Letters about enrolments: to students, and to those who decide."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.access import NONE, Role, scope_of
from accounts.models import Organization, User
from courses.models import Course
from enrolments.models import Enrolment
from events.clock import MORNING, hourly
from events.consumers import consumes
from events.letters import write
from events.models import Event

Status = Enrolment.Status

ANSWERS = {
    "enrolment.waitlisted": "waitlisted",
    "enrolment.seat_offered": "seat_offered",
    "enrolment.accepted": "accepted",
    "enrolment.rejected": "rejected",
}
DECIDING = [role for role in Role if scope_of("enrolments.accept_enrolment", role) is not NONE]


@consumes("mail", *ANSWERS)
def tell_student(event: Event) -> None:
    enrolment = _enrolment(event)
    waits_no_more = event.type == "enrolment.waitlisted" and enrolment.status != Status.WAITLISTED
    if not waits_no_more:
        _write(event, ANSWERS[event.type], enrolment, enrolment.student)


@consumes("mail", "enrolment.cancelled")
def tell_of_withdrawal(event: Event) -> None:
    """Who withdraws an application knows; whose seat the school takes back must hear of it."""
    enrolment = _enrolment(event)
    if event.payload["actor_id"] != enrolment.student_id:
        _write(event, "withdrawn", enrolment, enrolment.student)


@consumes("mail", "enrolment.applied", "enrolment.reinstated")
def tell_of_application(event: Event) -> None:
    """The student hears of an application when it is still open: of any other outcome an event of its own tells."""
    enrolment = _enrolment(event)
    if event.payload["status"] == Status.APPLIED:
        _write(event, "applied", enrolment, enrolment.student)
    here = {"memberships__organization": enrolment.organization_id, "memberships__role__in": DECIDING}
    for colleague in User.objects.filter(**here):
        _write(event, "new_application", enrolment, colleague)


@hourly
def remind_of_first_day() -> None:
    """Write to students whose course starts tomorrow, from the morning of the day before by the school's own clock."""
    for zone in Organization.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct():
        now = timezone.now().astimezone(ZoneInfo(zone))
        if now.hour >= MORNING:
            _remind(zone, now)


def _remind(zone: str, now: datetime) -> None:
    starting = Course.objects.published().filter(starts_on=now.date() + timedelta(days=1), organization__time_zone=zone)
    studying = Enrolment.objects.filter(status=Status.ACCEPTED, course__in=starting).select_related("course", "student")
    for enrolment in studying.iterator(chunk_size=500):
        _send(f"starts:{enrolment.pk}:{enrolment.course.starts_on}", "starts_tomorrow", enrolment, enrolment.student)


def _enrolment(event: Event) -> Enrolment:
    return Enrolment.objects.for_list().get(pk=event.payload["enrolment_id"])


def _write(event: Event, letter: str, enrolment: Enrolment, person: User) -> None:
    context = {"waited": event.payload["previous"] == Status.WAITLISTED, "status": event.payload["status"]}
    _send(f"{event.event_id}:{letter}:{person.pk}", letter, enrolment, person, **context)


def _send(key: str, letter: str, enrolment: Enrolment, person: User, **context: object) -> None:
    if person.is_active:
        write(
            key=key,
            to=person.email,
            language=person.language,
            template=f"enrolments/mail/{letter}.txt",
            enrolment=enrolment,
            course=enrolment.course,
            person=person,
            **context,
        )
