from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedQuerySet
from accounts.models import Organization, User
from courses.models import Course


class EnrolmentQuerySet(ScopedQuerySet["Enrolment"]):
    def own(self, user_id: int) -> Q:
        return Q(student=user_id)

    def holding_seats(self) -> Self:
        return self.filter(status__in=Enrolment.HOLDS_SEAT)

    def waiting(self) -> Self:
        """The queue, longest waiting first."""
        return self.filter(status=Enrolment.Status.WAITLISTED).order_by("queued_at", "pk")

    def for_list(self) -> Self:
        return self.select_related("course", "student").defer("course__description")


class Enrolment(models.Model):
    """One student on one course. `status` changes only in enrolments/services.py."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("applied")
        WAITLISTED = "waitlisted", _("on the waiting list")
        ACCEPTED = "accepted", _("accepted")
        COMPLETED = "completed", _("completed")
        REJECTED = "rejected", _("rejected")
        CANCELLED = "cancelled", _("cancelled")

    HOLDS_SEAT = (Status.ACCEPTED, Status.COMPLETED)
    MAY_BECOME: dict[str, tuple[Status, ...]] = {
        Status.APPLIED: (Status.ACCEPTED, Status.REJECTED, Status.CANCELLED),
        Status.WAITLISTED: (Status.ACCEPTED, Status.REJECTED, Status.CANCELLED),
        Status.ACCEPTED: (Status.COMPLETED, Status.CANCELLED),
        Status.COMPLETED: (),
        Status.REJECTED: (),
        Status.CANCELLED: (),
    }

    # The course's own organisation, repeated here so that one index serves an organisation's list and its order.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", editable=False, verbose_name=_("organisation")
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrolments", verbose_name=_("student")
    )
    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments", verbose_name=_("course"))
    status = models.CharField(_("status"), max_length=16, choices=Status)
    applied_at = models.DateTimeField(_("applied on"), default=timezone.now)
    queued_at = models.DateTimeField(_("place in the queue"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["-applied_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["student", "course"], name="enrolment_unique")]
        indexes = [
            models.Index(fields=["student", "applied_at", "id"], name="enrolment_of_student"),
            models.Index(fields=["course", "status", "queued_at", "id"], name="enrolment_queue"),
            models.Index(fields=["course", "applied_at", "id"], name="enrolment_of_course"),
            models.Index(fields=["applied_at", "id"], name="enrolment_by_applied"),
            models.Index(fields=["organization", "applied_at", "id"], name="enrolment_of_organization"),
            models.Index(fields=["organization", "status", "applied_at", "id"], name="enrolment_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.student.name} – {self.course.title}"

    @property
    def holds_seat(self) -> bool:
        return self.status in self.HOLDS_SEAT

    @property
    def may_apply_again(self) -> bool:
        return self.status in (self.Status.REJECTED, self.Status.CANCELLED)

    def may_become(self, status: str) -> bool:
        return status in self.MAY_BECOME[self.status]

    @property
    def may_be_cancelled(self) -> bool:
        return self.may_become(self.Status.CANCELLED)


def studied_by(user: User | AnonymousUser) -> "QuerySet[Enrolment, int]":
    """The keys of the courses on which the person holds a seat, for `pk__in`."""
    return Enrolment.objects.filter(student=user.pk or 0).holding_seats().values_list("course", flat=True)
