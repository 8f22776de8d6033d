"""Who gets a seat: apply, accept, reject, cancel, complete, and the queue.

Each verb locks the course's row first, then reads the enrolment, so that what it decides on stands still; the seat
itself is guarded by `courses.seats`. An application to a full course waits. When a seat comes free the longest-waiting
student gets it: at once where a course accepts by itself, and where a manager approves, as an offer to be decided.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from courses import seats
from courses.models import Course
from crm.errors import RuleBroken
from enrolments.models import Enrolment
from events.models import Event
from events.outbox import emit, on
from events.transactions import in_transaction

Status = Enrolment.Status


class AlreadyEnrolled(RuleBroken):
    code = "already_enrolled"
    status = 400
    message = gettext_lazy("You have already applied for this course.")


class CourseNotOpen(RuleBroken):
    code = "not_found"
    status = 404
    message = gettext_lazy("There is no such course.")


class CourseFull(RuleBroken):
    code = "course_full"
    message = gettext_lazy("All seats of this course are taken.")


class InvalidTransition(RuleBroken):
    code = "invalid_transition"


@in_transaction
def apply(*, course: Course, by: User) -> Enrolment:
    """Apply for a course: a seat at once, a manager's decision, or a place in the queue.

    Someone rejected or cancelled applies again with the same row, at the end of the queue.
    Raises CourseNotOpen, AlreadyEnrolled.
    """
    course = seats.lock(course.pk)
    if not course.is_published:
        raise CourseNotOpen
    earlier = Enrolment.objects.filter(course=course, student=by).first()
    if earlier and not earlier.may_apply_again:
        raise AlreadyEnrolled
    enrolment = earlier or Enrolment(course=course, student=by, organization_id=course.organization_id)
    previous = enrolment.status
    enrolment.course, enrolment.status = course, _place(course)
    enrolment.applied_at = enrolment.queued_at = timezone.now()
    enrolment.decided_at = timezone.now() if enrolment.status == Status.ACCEPTED else None
    enrolment.decided_by = None
    _save_application(enrolment)
    _tell(enrolment, "enrolment.reinstated" if earlier else "enrolment.applied", previous, by)
    if enrolment.status != Status.APPLIED:
        _tell(enrolment, f"enrolment.{enrolment.status}", Status.APPLIED, by)
    return enrolment


@in_transaction
def accept(*, enrolment: Enrolment, by: User) -> Enrolment:
    """Give an applicant a seat. Raises CourseFull, InvalidTransition."""
    enrolment = _locked(enrolment, Status.ACCEPTED)
    if not seats.take(enrolment.course):
        raise CourseFull
    return _decide(enrolment, Status.ACCEPTED, by)


@in_transaction
def reject(*, enrolment: Enrolment, by: User) -> Enrolment:
    """Turn an applicant down. Raises InvalidTransition."""
    return _leave(_locked(enrolment, Status.REJECTED), Status.REJECTED, by)


@in_transaction
def cancel(*, enrolment: Enrolment, by: User) -> Enrolment:
    """Withdraw an application, or give a seat back to the queue. Raises InvalidTransition."""
    return _leave(_locked(enrolment, Status.CANCELLED), Status.CANCELLED, by)


@in_transaction
def complete(*, enrolment: Enrolment, by: User) -> Enrolment:
    """Mark the course as studied to its end; the seat stays taken. Raises InvalidTransition."""
    return _decide(_locked(enrolment, Status.COMPLETED), Status.COMPLETED, by)


@on("course.seats_opened", "course.published")
def move_queue_up(event: Event) -> None:
    """More seats, or none to decide any more: who applied joins those who wait, each by the time of application."""
    course, by = seats.lock(event.payload["course_id"]), User.objects.get(pk=event.payload["actor_id"])
    if not course.requires_approval:
        for enrolment in course.enrolments.filter(status=Status.APPLIED).select_related("student"):
            _set(enrolment, Status.WAITLISTED, "enrolment.waitlisted", by)
    _move_queue(course, by)


def _place(course: Course) -> Status:
    """Where an application starts. Nobody overtakes those who wait."""
    queue = course.enrolments.waiting().exists()
    if course.requires_approval:
        return Status.WAITLISTED if queue or course.is_full else Status.APPLIED
    return Status.ACCEPTED if not queue and seats.take(course) else Status.WAITLISTED


def _save_application(enrolment: Enrolment) -> None:
    try:
        with transaction.atomic():
            enrolment.save()
    except IntegrityError as error:
        if Enrolment.objects.filter(course=enrolment.course, student=enrolment.student).exists():
            raise AlreadyEnrolled from error
        raise


def _locked(enrolment: Enrolment, status: Status) -> Enrolment:
    """The enrolment as it is now, its course locked; refuses when it may not become `status`."""
    course = seats.lock(enrolment.course_id)
    enrolment = Enrolment.objects.select_related("student").get(pk=enrolment.pk)
    enrolment.course = course
    if not enrolment.may_become(status):
        raise InvalidTransition(
            _("An enrolment with the status “%(now)s” cannot get the status “%(wanted)s”.")
            % {"now": enrolment.get_status_display(), "wanted": status.label}
        )
    return enrolment


def _leave(enrolment: Enrolment, status: Status, by: User) -> Enrolment:
    held = enrolment.holds_seat
    _decide(enrolment, status, by)
    if held:
        seats.give_back(enrolment.course)
    _move_queue(enrolment.course, by)
    return enrolment


def _move_queue(course: Course, by: User) -> None:
    """Pass free seats to those who wait; the caller holds the course's lock."""
    if not course.is_published:
        return
    waiting = course.enrolments.waiting().select_related("student")
    if course.requires_approval:
        for enrolment in waiting[: _unoffered(course)] if course.capacity is not None else waiting:
            _set(enrolment, Status.APPLIED, "enrolment.seat_offered", by)
        return
    while (first := waiting.first()) and seats.take(course):
        first.decided_at = timezone.now()
        _set(first, Status.ACCEPTED, "enrolment.accepted", by)


def _unoffered(course: Course) -> int:
    """How many free seats no applicant is being considered for."""
    course.refresh_from_db(fields=["seats_taken"])
    free = course.seats_left or 0
    considered = course.enrolments.filter(status=Status.APPLIED)[:free]
    return free - len(considered.values_list("pk"))


def _decide(enrolment: Enrolment, status: Status, by: User) -> Enrolment:
    enrolment.decided_at, enrolment.decided_by = timezone.now(), by
    return _set(enrolment, status, f"enrolment.{status}", by)


def _set(enrolment: Enrolment, status: Status, event: str, by: User) -> Enrolment:
    previous, enrolment.status = enrolment.status, status
    enrolment.save(update_fields=["status", "decided_at", "decided_by"])
    _tell(enrolment, event, previous, by)
    return enrolment


def _tell(enrolment: Enrolment, event: str, previous: str, by: User) -> None:
    emit(
        event,
        key=enrolment.pk,
        enrolment_id=enrolment.pk,
        course_id=enrolment.course_id,
        student_id=enrolment.student_id,
        status=enrolment.status,
        previous=previous,
        actor_id=by.pk,
    )
