"""Offering a course: what a manager changes, with the events that follow."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.slugs import free_slug
from courses import seats
from courses.models import Course
from crm.errors import RuleBroken
from events.outbox import emit
from events.transactions import in_transaction


class SlugTaken(RuleBroken):
    code = "slug_taken"
    status = 422
    field = "slug"
    message = _("Another course has this address.")


class CapacityBelowTaken(RuleBroken):
    code = "capacity_below_taken"
    status = 422
    field = "capacity"
    message = _("More seats than this are already taken.")


ANNOUNCED = {Course.Status.PUBLISHED: "course.published", Course.Status.ARCHIVED: "course.archived"}


@in_transaction
def create(*, course: Course, by: User) -> Course:
    """Save a new course, with a slug from its title when it has none. Raises SlugTaken."""
    course.created_by = by
    course.slug = course.slug or free_slug(Course, course.title, longest=200, otherwise="course")
    _save(course, force_insert=True)
    emit(
        "course.created",
        key=course.pk,
        course_id=course.pk,
        title=course.title,
        price=str(Decimal(course.price).quantize(Decimal("0.01"))),
        created_by=by.pk,
        actor_id=by.pk,
    )
    _announce(course, before=Course.Status.DRAFT, by=by)
    return course


@in_transaction
def update(*, course: Course, by: User, **changes: Any) -> Course:
    """Set fields of a course. Raises SlugTaken, or CapacityBelowTaken.

    The capacity is compared with the seats taken under the row's lock, so no seat is taken in between. More seats, or
    the end of approval, are announced as `course.seats_opened`, on which the queue moves up.
    """
    before = seats.lock(course.pk)
    capacity = changes.get("capacity", before.capacity)
    if capacity is not None and capacity < before.seats_taken:
        raise CapacityBelowTaken
    for name, value in changes.items():
        setattr(course, name, value)
    course.slug = course.slug or before.slug
    _save(course, update_fields=[*changes, "slug", "updated_at"])
    course.seats_taken = before.seats_taken
    _announce(course, before=Course.Status(before.status), by=by)
    if _opens_seats(before, course):
        emit("course.seats_opened", key=course.pk, course_id=course.pk, capacity=course.capacity, actor_id=by.pk)
    return course


def publish(*, course: Course, by: User) -> Course:
    return update(course=course, by=by, status=Course.Status.PUBLISHED)


def archive(*, course: Course, by: User) -> Course:
    return update(course=course, by=by, status=Course.Status.ARCHIVED)


def _save(course: Course, **how: Any) -> None:
    try:
        with transaction.atomic():
            course.save(**how)
    except IntegrityError as error:
        if Course.objects.filter(slug=course.slug).exclude(pk=course.pk).exists():
            raise SlugTaken from error
        raise


def _opens_seats(before: Course, course: Course) -> bool:
    more = before.capacity is not None and (course.capacity is None or course.capacity > before.capacity)
    return more or (before.requires_approval and not course.requires_approval)


def _announce(course: Course, *, before: Course.Status, by: User) -> None:
    event = ANNOUNCED.get(Course.Status(course.status))
    if event and course.status != before:
        emit(event, key=course.pk, course_id=course.pk, title=course.title, actor_id=by.pk)
