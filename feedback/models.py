from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedQuerySet
from accounts.models import Organization
from courses.models import Course
from feedback.words import WORD, normalise

MAX_TEXT = 5000
LONGEST_WORD = 128


class FeedbackQuerySet(ScopedQuerySet["Feedback"]):
    def own(self, user_id: int) -> Q:
        return Q(author=user_id)

    def public(self) -> Q:
        return Q(hidden=False)

    def visible(self) -> Self:
        return self.filter(self.public())

    def for_list(self) -> Self:
        """With authors, by a query of their own: MariaDB may start a join from users, and sort every review."""
        return self.prefetch_related("author")


class Feedback(models.Model):
    """A review of a course, or of the school as a whole when it names no course."""

    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("organisation"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="feedback", verbose_name=_("author")
    )
    course = models.ForeignKey(
        Course, models.PROTECT, null=True, blank=True, related_name="feedback", verbose_name=_("course")
    )
    text = models.TextField(_("text"), max_length=MAX_TEXT)
    rating = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    hidden = models.BooleanField(_("hidden"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["author", "course"], name="feedback_once_per_course"),
            models.CheckConstraint(condition=Q(rating=None) | Q(rating__range=(1, 5)), name="feedback_rating_range"),
        ]
        indexes = [
            models.Index(fields=["course", "hidden", "id"], name="feedback_of_course"),
            models.Index(fields=["hidden", "rating", "id"], name="feedback_by_rating"),
            models.Index(fields=["organization", "id"], name="feedback_of_organization"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class BannedWord(models.Model):
    """A word that no review may hold, in any of its disguises (feedback/words.py)."""

    word = models.CharField(_("word"), max_length=64)
    normalised = models.CharField(_("normalised form"), max_length=LONGEST_WORD, editable=False)

    class Meta:
        verbose_name = _("banned word")
        verbose_name_plural = _("banned words")
        ordering = ["word", "id"]
        constraints = [models.UniqueConstraint(fields=["normalised"], name="banned_word_unique")]

    def __str__(self) -> str:
        return self.word

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalised = normalise(self.word)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.normalised = normalise(self.word)
        if not WORD.fullmatch(self.normalised) or len(self.normalised) > LONGEST_WORD:
            raise ValidationError({"word": _("Give one word, of letters and digits.")})
        if BannedWord.objects.filter(normalised=self.normalised).exclude(pk=self.pk).exists():
            raise ValidationError({"word": _("This word is already on the list.")})
