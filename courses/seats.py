"""Seats are never oversold. `Course.seats_taken` changes here and nowhere else.

One conditional statement takes a seat, so the check and the act cannot come apart; it writes the course's row, so two
primaries of a cluster cannot both succeed either: the loser gets a deadlock error, and its transaction runs again
(events/transactions.py).
"""

from django.db.models import F

from courses.models import Course


def lock(course_id: int) -> Course:
    """The course, its row locked until the transaction ends: seats and queue stand still meanwhile."""
    return Course.objects.select_for_update().get(pk=course_id)


def take(course: Course) -> bool:
    """Take one seat in the caller's transaction; False when none is left."""
    return bool(Course.objects.filter(pk=course.pk).with_seats().update(seats_taken=F("seats_taken") + 1))


def give_back(course: Course) -> None:
    Course.objects.filter(pk=course.pk).update(seats_taken=F("seats_taken") - 1)
