from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedQuerySet
from accounts.models import Organization, one_line


class StageQuerySet(ScopedQuerySet["Stage"]):
    def of(self, organization_id: int) -> Self:
        """An organisation's stages in their order; the last is where deals end."""
        return self.filter(organization=organization_id).order_by("position", "pk")


class Stage(models.Model):
    """A step of an organisation's pipeline."""

    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, related_name="stages", verbose_name=_("organisation")
    )
    slug = models.SlugField(_("slug"), max_length=50)
    name = models.CharField(_("name"), max_length=50, validators=[one_line])
    position = models.PositiveSmallIntegerField(
        _("position"), validators=[MaxValueValidator(1000)], help_text=_("Deals go from the lowest to the highest.")
    )
    probability = models.PositiveSmallIntegerField(
        _("probability"), validators=[MaxValueValidator(100)], help_text=_("That a deal here is won, in per cent.")
    )

    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="stage_slug_unique",
                violation_error_code="slug_taken",
                violation_error_message=_("Another stage has this slug."),
            ),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_percent"),
        ]
        indexes = [models.Index(fields=["organization", "position", "id"], name="stage_in_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> tuple[int, int]:
        """What stages are ordered by; of two stages the later has the larger place."""
        return self.position, self.pk
