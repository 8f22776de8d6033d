from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from accounts.access import ScopedQuerySet
from accounts.models import Organization, clean_email, one_line
from sales.search import words_in, words_of

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")

APPLICATION = "application"
KNOWN_SOURCES = {APPLICATION: _("application for a course")}  # what the school itself writes, and how people read it


class ContactQuerySet(ScopedQuerySet["Contact"]):
    def own(self, user_id: int) -> Q:
        return Q(owner=user_id)

    def search(self, text: str) -> Self:
        """Contacts that have, for every word of `text`, a word in name, e-mail or phone that begins so."""
        return found_by(text, self, "pk__in")

    def for_list(self) -> Self:
        return self.prefetch_related("owner")


def found_by(text: str, rows: Rows, column: str) -> Rows:
    """The rows whose contact, in `column`, matches every word of `text`; none if there is a text without words."""
    words = words_in(text)
    found = rows if words or not text.strip() else rows.none()
    for word in words:
        found = found.filter(**{column: ContactWord.objects.beginning(word)})
    return found


def source_in_words(source: str) -> str:
    return str(KNOWN_SOURCES.get(source, source))


def source_of(words: str) -> str:
    """The source as it is stored, from what people read, in whatever language they read it."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            for source, known in KNOWN_SOURCES.items():
                if words == str(known):
                    return source
    return words


class Contact(models.Model):
    """Somebody who might buy, or has bought. One row per e-mail address in an organisation."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, db_index=False, related_name="contacts", verbose_name=_("organisation")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("of a deal", "owner"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="contacts",
        verbose_name=_("account"),
    )
    name = models.CharField(_("name"), max_length=100, validators=[one_line])
    # Null, not an empty text: an organisation may have many contacts without an address.
    email = models.EmailField(_("e-mail"), max_length=320, null=True, blank=True)  # noqa: DJ001
    phone = PhoneNumberField(_("phone"), max_length=20, blank=True)
    source = models.CharField(
        _("source"), max_length=64, blank=True, validators=[one_line], help_text=_("Where the contact came from.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                name="contact_email_unique",
                violation_error_code="duplicate",
                violation_error_message=_("There is already a contact with this e-mail."),
            ),
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="contact_email_lowercase"),
        ]
        indexes = [
            models.Index(fields=["organization", "id"], name="contact_of_organization"),
            models.Index(fields=["organization", "owner", "id"], name="contact_of_owner"),
            models.Index(fields=["organization", "user", "id"], name="contact_of_user"),
            models.Index(fields=["organization", "phone", "id"], name="contact_by_phone"),
            models.Index(fields=["organization", "created_at"], name="contact_by_created"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        known = not self._state.adding
        super().save(*args, **kwargs)
        if {"name", "email", "phone"} & set(kwargs.get("update_fields") or ["name"]):
            self._index(known=known)

    def clean(self) -> None:
        super().clean()
        self.email = clean_email(self.email) if self.email else None

    @property
    def source_name(self) -> str:
        return source_in_words(self.source)

    def _index(self, *, known: bool) -> None:
        """Keep the words by which `search` finds the contact."""
        wanted = words_of(name=self.name, email=self.email or "", phone=str(self.phone or ""))
        kept = set(self.words.values_list("word", flat=True)) if known else set()
        if kept - wanted:
            self.words.filter(word__in=kept - wanted).delete()
        ContactWord.objects.bulk_create(ContactWord(contact=self, word=word) for word in wanted - kept)


class ContactWordQuerySet(models.QuerySet["ContactWord"]):
    def beginning(self, text: str) -> models.QuerySet[Any, Any]:
        """The contacts that have a word that begins so, for `__in`. Words are in one case, so any comparison will do,
        but MySQL uses the index for one that ignores case alone, and PostgreSQL for one that does not."""
        lookup = "istartswith" if connections[self.db].vendor == "mysql" else "startswith"
        return self.filter(**{f"word__{lookup}": text}).values("contact")


class ContactWord(models.Model):
    """A word by whose beginning a contact is found: an index that every database has, and a scan of none."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=40)

    objects = ContactWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("word")
        verbose_name_plural = _("words")
        indexes = [
            models.Index(
                fields=["word", "contact"], name="contact_by_word", opclasses=["varchar_pattern_ops", "int8_ops"]
            ),
            models.Index(fields=["contact", "word"], name="contact_words"),
        ]

    def __str__(self) -> str:
        return self.word
