"""Contacts from a table: each row is found again by its e-mail, or without one by its phone, or opened."""

import copy
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from phonenumber_field.phonenumber import PhoneNumber, to_python
from tablib import Dataset

from accounts.models import Organization, User, clean_email
from crm.errors import RuleBroken
from sales.models import Contact
from sales.models.contacts import source_in_words, source_of
from sales.services import contacts
from sales.spreadsheets import title_of

BATCH = 500
FIELDS = ["name", "email", "phone", "source"]

log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What became, or would become, of a row; `kind` is new, update, skip or invalid."""

    line: str
    kind: str
    cells: list[str]
    reasons: list[str]


def import_contacts(rows: Dataset, *, organization: Organization, by: User, save: bool) -> list[Outcome]:
    """Open or change a contact per row, each in a transaction of its own, so that a bad row costs no good one.

    Without `save` nothing is written: it shows what would become of the rows. An import that was cut off may be
    repeated: what is there already stays as it is. Raises ValidationError when no row could be looked at.
    """
    return list(_outcomes(ContactRows(organization, by, save).import_data(rows)))


class ContactRows(ModelResource):  # type: ignore[misc]
    class Meta:
        model = Contact
        fields = FIELDS
        import_id_fields: list[str] = []  # get_instance knows better
        skip_unchanged = report_skipped = skip_html_diff = store_row_values = True
        use_transactions = False

    def __init__(self, organization: Organization, by: User, save: bool) -> None:
        super().__init__()
        self.organization, self.by, self.save = organization, by, save
        self.known: dict[str, Contact] = {}

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """What the rows may be about already, by a query per batch instead of one per row."""
        for column, plain in (("email", str.lower), ("phone", _plain_phone)):
            wanted = sorted({plain(value) for value in dataset[column] if value})
            for start in range(0, len(wanted), BATCH):
                found = Contact.objects.filter(
                    organization=self.organization, **{f"{column}__in": wanted[start : start + BATCH]}
                )
                for contact in found.order_by("-pk"):  # of two with one phone the older counts
                    self.known[str(getattr(contact, column))] = contact

    def handle_import_error(self, result: Result, error: Exception, raise_errors: bool = False) -> None:
        """Nothing is known about the rows: the library would import them all the same, as new ones."""
        log.error("an import failed", exc_info=error)
        raise ValidationError(_("The import broke on our side, and nothing was saved. Please try again later."))

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        if row["surplus"]:
            raise ValidationError(_("There are more cells in this row than columns."))
        if not (row["email"] or row["phone"]):
            raise ValidationError(_("Give an e-mail or a phone: without one the contact cannot be found again."))
        wrong = {}
        for column, clean in (("email", clean_email), ("phone", _clean_phone)):
            try:
                row[column] = clean(row[column]) if row[column] else ""
            except ValidationError as error:
                wrong[column] = error
        row["source"] = source_of(row["source"])
        if wrong:
            raise ValidationError(wrong)

    def get_instance(self, instance_loader: Any, row: dict[str, Any]) -> Contact | None:
        return copy.copy(self.known.get(str(row["email"] or row["phone"])))

    def init_instance(self, row: Any = None) -> Contact:
        return Contact(organization=self.organization)

    def import_field(self, field: Any, instance: Contact, row: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if row[field.column_name]:  # an empty cell wipes nothing
            setattr(instance, field.attribute, row[field.column_name])

    def validate_instance(self, instance: Contact, *args: Any, **kwargs: Any) -> None:
        instance.clean_fields(exclude=["organization", "owner", "user"])

    def save_instance(self, instance: Contact, is_create: bool, row: dict[str, Any], **kwargs: Any) -> None:
        if self.save:
            try:
                self._save(instance, is_create, row)
            except RuleBroken as refusal:
                raise ValidationError(str(refusal)) from refusal
        for key in filter(None, (instance.email, str(instance.phone or ""))):
            self.known.setdefault(key, instance)
            if self.known[key].pk == instance.pk:
                self.known[key] = instance

    def _save(self, instance: Contact, is_create: bool, row: dict[str, Any]) -> None:
        if is_create:
            contacts.create(contact=instance, by=self.by)
        else:
            contacts.update(contact=instance, by=self.by, **{name: row[name] for name in FIELDS if row[name]})


def _clean_phone(text: str) -> PhoneNumber:
    phone = to_python(text)
    if not isinstance(phone, PhoneNumber) or not phone.is_valid():
        raise ValidationError(_("“%(phone)s” is no phone number.") % {"phone": text})
    return phone


def _plain_phone(text: str) -> str:
    return str(to_python(text))


def _outcomes(result: Result) -> Iterator[Outcome]:
    for row in result.rows:
        kind = RowResult.IMPORT_TYPE_INVALID if row.is_error() else row.import_type
        values = row.row_values | {"source": source_in_words(row.row_values["source"])}
        cells = [str(values[name]) for name in FIELDS]
        yield Outcome(row.row_values["line"], kind, cells, _reasons(row))


def _reasons(row: RowResult) -> list[str]:
    if row.errors:
        log.error("a row of an import failed", exc_info=row.errors[0].error)
        return [_("This row could not be saved.")]
    if row.validation_error is None:
        return []
    found: dict[str, list[str]] = row.validation_error.update_error_dict({})
    return [
        " ".join([*([] if name == NON_FIELD_ERRORS else [f"{title_of(name)}:"]), *ValidationError(errors).messages])
        for name, errors in found.items()
    ]
