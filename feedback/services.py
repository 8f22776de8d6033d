"""Write, change, hide and delete a review; the course's tally of reviews is kept in the same transaction."""

from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from courses import seats
from courses.models import Course
from crm.errors import RuleBroken
from enrolments.models import Enrolment
from events.outbox import emit
from events.transactions import in_transaction
from feedback.models import BannedWord, Feedback
from feedback.words import find_banned


class BannedWordUsed(RuleBroken):
    code = "banned_word"
    status = 422
    field = "text"
    message = _("The text holds a word that we do not publish. Please say it in another way.")


class NotEnrolled(RuleBroken):
    code = "not_enrolled"
    message = _("Only accepted students of a course may review it.")


class AlreadyReviewed(RuleBroken):
    code = "already_reviewed"
    message = _("You have already reviewed this course. You may change your review.")


class AlreadySaid(RuleBroken):
    code = "already_said"
    message = _("You have already said this.")


@in_transaction
def write(*, text: str, rating: int | None, course: Course | None, by: User) -> Feedback:
    """A new review of a course, or of the school (None).

    Raises BannedWordUsed, NotEnrolled, AlreadyReviewed, AlreadySaid.
    """
    check_words(text)
    if course:
        seats.lock(course.pk)  # its tally changes below: the course before the review, as everywhere
        if not may_review(course, by):
            raise NotEnrolled
    else:
        _check_not_said_yet(text, by)
    review = Feedback(text=text, rating=rating, course=course, author=by)
    review.organization_id = course.organization_id if course else None
    try:
        review.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyReviewed from error
    _count(review, before=(0, 0, 0))
    emit(
        "feedback.created",
        key=review.pk,
        feedback_id=review.pk,
        author_id=by.pk,
        course_id=course.pk if course else None,
        rating=rating,
        actor_id=by.pk,
    )
    return review


@in_transaction
def change(*, feedback: Feedback, text: str, rating: int | None) -> Feedback:
    """Raises BannedWordUsed."""
    check_words(text)
    review = _locked(feedback)
    before = _weight(review)
    review.text, review.rating = text, rating
    review.save(update_fields=["text", "rating"])
    _count(review, before=before)
    return review


@in_transaction
def set_hidden(*, feedback: Feedback, hidden: bool) -> Feedback:
    review = _locked(feedback)
    before = _weight(review)
    review.hidden = hidden
    review.save(update_fields=["hidden"])
    _count(review, before=before)
    return review


@in_transaction
def delete(*, feedback: Feedback) -> None:
    review = _locked(feedback)
    before = _weight(review)
    review.hidden = True
    _count(review, before=before)
    review.delete()


def check_words(text: str) -> None:
    if find_banned(text, BannedWord.objects.values_list("normalised", flat=True)):
        raise BannedWordUsed


def may_review(course: Course, user: User) -> bool:
    """Whether the person studies or has studied the course."""
    return Enrolment.objects.filter(course=course, student=user).holding_seats().exists()


def _check_not_said_yet(text: str, by: User) -> None:
    """A form that is sent twice says its text once; the author's row is locked, so that neither overtakes the other."""
    User.objects.select_for_update().get(pk=by.pk)
    if Feedback.objects.filter(author=by, course=None, text=text).exists():
        raise AlreadySaid


def _locked(feedback: Feedback) -> Feedback:
    """The review as it is now, its course locked before it."""
    if feedback.course_id:
        seats.lock(feedback.course_id)
    return Feedback.objects.select_for_update().get(pk=feedback.pk)


Weight = tuple[int, int, int]


def _weight(review: Feedback) -> Weight:
    """What a review adds to its course: reviews, ratings, sum of ratings."""
    return (0, 0, 0) if review.hidden else (1, int(review.rating is not None), review.rating or 0)


def _count(review: Feedback, *, before: Weight) -> None:
    """Move the course's tally by the difference; as F(), so that reviews at the same time all count."""
    reviews, ratings, ratings_sum = (new - old for new, old in zip(_weight(review), before, strict=True))
    if review.course_id is None:
        return
    Course.objects.filter(pk=review.course_id).update(
        reviews=F("reviews") + reviews,
        ratings=F("ratings") + ratings,
        ratings_sum=F("ratings_sum") + ratings_sum,
    )
