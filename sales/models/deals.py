from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import ScopedQuerySet
from accounts.models import Organization, one_line, validate_currency
from courses.models import Course
from enrolments.models import Enrolment
from sales.models.contacts import Contact, found_by
from sales.models.stages import Stage


class DealQuerySet(ScopedQuerySet["Deal"]):
    def own(self, user_id: int) -> Q:
        return Q(owner=user_id)

    def open(self) -> Self:
        return self.filter(is_open=True)

    def search(self, text: str) -> Self:
        """Deals of the contacts that `text` finds."""
        return found_by(text, self, "contact__in")

    def for_list(self) -> Self:
        """Related rows by queries of their own: MariaDB may start a join from them, and sort every deal."""
        return self.prefetch_related("contact", "owner", "stage", "course")


class Deal(models.Model):
    """A possible sale. Its status and stage change only in sales/pipeline.py."""

    class Status(models.TextChoices):
        NEW = "new", _("new")
        IN_PROGRESS = "in_progress", _("in progress")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        CLOSED = "closed", _("closed")

    OPEN = (Status.NEW, Status.IN_PROGRESS)
    MAY_BECOME: dict[str, tuple[Status, ...]] = {
        Status.NEW: (Status.IN_PROGRESS, Status.WON, Status.LOST),
        Status.IN_PROGRESS: (Status.WON, Status.LOST),
        Status.WON: (Status.CLOSED,),
        Status.LOST: (Status.CLOSED, Status.IN_PROGRESS),
        Status.CLOSED: (),
    }

    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, related_name="deals", verbose_name=_("organisation")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, db_index=False, related_name="deals", verbose_name=_("contact")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("of a deal", "owner"),
    )
    course = models.ForeignKey(
        Course, models.PROTECT, db_index=False, null=True, blank=True, related_name="deals", verbose_name=_("course")
    )
    enrolment = models.ForeignKey(
        Enrolment,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="deals",
        verbose_name=_("enrolment"),
    )
    title = models.CharField(_("title"), max_length=200, validators=[one_line])
    amount = models.DecimalField(
        _("amount"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.NEW, editable=False)
    stage = models.ForeignKey(
        Stage, models.PROTECT, db_index=False, related_name="deals", verbose_name=_("stage"), editable=False
    )
    stage_entered_at = models.DateTimeField(_("in this stage since"), default=timezone.now, editable=False)
    lost_reason = models.CharField(_("reason of the loss"), max_length=500, blank=True, editable=False)
    won_at = models.DateTimeField(_("won on"), null=True, editable=False)
    lost_at = models.DateTimeField(_("lost on"), null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    # Kept by the database, so that an index serves the open deals in order, and an enrolment has one of them at most.
    is_open = models.GeneratedField(
        expression=Case(When(status__in=OPEN, then=Value(True)), default=Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    open_enrolment = models.GeneratedField(
        expression=Case(When(status__in=OPEN, then=F("enrolment_id")), default=None),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["open_enrolment"], name="deal_open_of_enrolment"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="deal_amount_not_negative"),
            models.CheckConstraint(condition=Q(won_at=None) | Q(amount__gt=0), name="deal_won_has_amount"),
            models.CheckConstraint(
                condition=Q(enrolment=None) | Q(amount__gt=0), name="deal_of_application_has_amount"
            ),
            models.CheckConstraint(condition=~Q(status="won") | Q(won_at__isnull=False), name="deal_won_has_date"),
            models.CheckConstraint(
                condition=~Q(status="lost") | (Q(lost_at__isnull=False) & ~Q(lost_reason="")),
                name="deal_lost_has_reason",
            ),
            models.CheckConstraint(condition=Q(won_at=None) | Q(lost_at=None), name="deal_has_one_outcome"),
        ]
        indexes = [
            models.Index(fields=["organization", "id"], name="deal_of_organization"),
            models.Index(fields=["organization", "status", "id"], name="deal_by_status"),
            models.Index(fields=["organization", "stage", "id"], name="deal_by_stage"),
            models.Index(fields=["organization", "owner", "id"], name="deal_of_owner"),
            models.Index(fields=["organization", "amount", "id"], name="deal_by_amount"),
            models.Index(fields=["organization", "created_at", "id"], name="deal_by_created"),
            models.Index(fields=["contact", "id"], name="deal_of_contact"),
            models.Index(fields=["course", "id"], name="deal_of_course"),
            models.Index(  # holds all that sales/analytics.py asks of deals, so that figures read no row
                fields=["organization", "stage", "status", "currency", "amount", "created_at", "won_at", "lost_at"],
                name="deal_figures",
            ),
            # An equality for each condition of the board, or MariaDB intersects two indexes and sorts a whole column.
            models.Index(fields=["stage", "is_open", "organization", "id"], name="deal_on_board"),
            models.Index(fields=["organization", "is_open", "stage", "currency", "amount", "owner"], name="deal_tally"),
        ]

    def __str__(self) -> str:
        return self.title

    def may_become(self, status: str) -> bool:
        return status in self.MAY_BECOME[self.status]

    @property
    def why_lost(self) -> str:
        return loss_in_words(self.lost_reason)


def loss_in_words(reason: str) -> str:
    """The reason of a loss for people: an application's end stands in the row as its status."""
    return str(dict(Enrolment.Status.choices).get(reason, reason))
