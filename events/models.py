from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened, written in the transaction that made it happen: the outbox."""

    type = models.CharField(_("type"), max_length=64)
    topic = models.CharField(_("topic"), max_length=64)
    key = models.CharField(_("key"), max_length=64)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["published_at", "id"], name="event_unpublished")]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"
