from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedQuerySet
from accounts.models import Organization, one_line, validate_currency

MAX_DESCRIPTION = 10_000


class CourseQuerySet(ScopedQuerySet["Course"]):
    def public(self) -> Q:
        return Q(status=Course.Status.PUBLISHED)

    def published(self) -> Self:
        return self.filter(self.public())

    def with_seats(self) -> Self:
        return self.filter(Q(capacity=None) | Q(seats_taken__lt=F("capacity")))

    def without_seats(self) -> Self:
        return self.filter(seats_taken__gte=F("capacity"))

    def search(self, text: str) -> Self:
        """Courses whose title holds every word of `text`."""
        rows = self
        for word in text.split()[:8]:
            rows = rows.filter(title__icontains=word)
        return rows

    def for_list(self) -> Self:
        """What a list shows, without the long description.

        The organisations come by a query of their own: MariaDB may start a join from them, and sort every course.
        """
        return self.prefetch_related("organization").defer("description")


class Course(models.Model):
    """What the school offers. `seats_taken` changes only in courses/seats.py."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="courses", verbose_name=_("organisation")
    )
    title = models.CharField(_("title"), max_length=200, validators=[one_line])
    slug = models.SlugField(_("address"), max_length=220, blank=True, help_text=_("Made from the title when empty."))
    description = models.TextField(
        _("description"),
        blank=True,
        validators=[MaxLengthValidator(MAX_DESCRIPTION)],
        help_text=_("Markdown."),
    )
    price = models.DecimalField(
        _("price"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3, default="RUB", validators=[validate_currency])
    capacity = models.PositiveIntegerField(_("seats"), null=True, blank=True, help_text=_("Empty means no limit."))
    seats_taken = models.PositiveIntegerField(_("seats taken"), default=0, editable=False)
    starts_on = models.DateField(_("starts"), default=timezone.localdate)
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    requires_approval = models.BooleanField(
        _("by approval"), default=False, help_text=_("A manager accepts each student.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    # Kept by feedback/services.py, so that a list of courses reads no reviews.
    reviews = models.PositiveIntegerField(_("reviews"), default=0, editable=False)
    ratings = models.PositiveIntegerField(default=0, editable=False)
    ratings_sum = models.PositiveIntegerField(default=0, editable=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="course_slug_unique",
                violation_error_code="unique",
                violation_error_message=_("Another course has this address."),
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="course_price_not_negative"),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(seats_taken__lte=F("capacity")),
                name="course_seats_within_capacity",
                violation_error_message=_("More seats than this are already taken."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="course_dates_in_order",
                violation_error_message=_("A course cannot end before it starts."),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="course_newest"),
            models.Index(fields=["status", "created_at", "id"], name="course_by_created"),
            models.Index(fields=["status", "starts_on", "id"], name="course_by_start"),
            models.Index(fields=["status", "title", "id"], name="course_by_title"),
            models.Index(fields=["status", "price", "id"], name="course_by_price"),
            models.Index(fields=["status", "reviews", "id"], name="course_by_reviews"),
            models.Index(fields=["organization", "status", "created_at", "id"], name="course_of_organization"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("course_detail", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        if self.capacity is not None and self.capacity < self.seats_taken:
            below = ValidationError(_("More seats than this are already taken."), code="capacity_below_taken")
            raise ValidationError({"capacity": below})
        if self.ends_on and self.starts_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("A course cannot end before it starts.")})

    @property
    def seats_left(self) -> int | None:
        """How many seats are free; None without a limit."""
        return None if self.capacity is None else self.capacity - self.seats_taken

    @property
    def is_full(self) -> bool:
        return self.seats_left == 0

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def rating(self) -> float | None:
        """The mean of the visible ratings, to two places."""
        return round(self.ratings_sum / self.ratings, 2) if self.ratings else None
