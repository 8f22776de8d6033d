"""People who might buy: opened once per e-mail, changed with a trace, merged without losing a row."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization, User
from crm.errors import RuleBroken
from events.outbox import emit
from events.transactions import in_transaction
from sales import timeline
from sales.models import Activity, Contact, Deal, Task
from sales.models.contacts import APPLICATION
from sales.services.people import NotTheirOwner, check_works_here


class Duplicate(RuleBroken):
    code = "duplicate"
    status = 422
    field = "email"


class ContactHasDeals(RuleBroken):
    code = "contact_has_deals"
    message = gettext_lazy("A contact with deals is not deleted; merge it with another instead.")


class ContactGone(RuleBroken):
    code = "not_found"
    status = 404
    message = gettext_lazy("This contact is no longer there.")


class SameContact(RuleBroken):
    code = "same_contact"
    status = 422
    field = "other"
    message = gettext_lazy("Choose another contact of the same organisation.")


@in_transaction
def create(*, contact: Contact, by: User) -> Contact:
    """Save a new contact. Raises Duplicate, which names the contact that has the e-mail, or NotTheirOwner."""
    check_works_here(contact.owner, contact.organization_id, NotTheirOwner)
    _save(contact, force_insert=True)
    timeline.write(contact, Activity.Kind.CONTACT_CREATED, by=by, source=contact.source)
    emit(
        "contact.created",
        key=contact.pk,
        contact_id=contact.pk,
        organization_id=contact.organization_id,
        name=contact.name,
        email=contact.email or "",
        source=contact.source,
        owner_id=contact.owner_id,
        actor_id=by.pk,
    )
    return contact


@in_transaction
def update(*, contact: Contact, by: User, **changes: Any) -> Contact:
    """Set fields of a contact. Raises ContactGone, Duplicate, NotTheirOwner."""
    row = locked(contact.pk)
    if "owner" in changes and changes["owner"] != row.owner:
        check_works_here(changes["owner"], row.organization_id, NotTheirOwner)
    try:
        with transaction.atomic():
            timeline.apply_changes(row, changes, by=by)
    except IntegrityError as error:
        raise _duplicate(row, changes.get("email")) or error from error
    return row


@in_transaction
def delete(*, contact: Contact) -> None:
    """Take a contact away, with its tasks and its timeline. Raises ContactHasDeals."""
    try:
        locked(contact.pk).delete()
    except ProtectedError as error:
        raise ContactHasDeals from error


@in_transaction
def merge(*, contact: Contact, other: Contact, by: User) -> Contact:
    """Move every deal, task and activity of `other` to `contact`, fill what `contact` lacks, and take `other` away.

    Raises SameContact, or ContactGone when one of them has been merged or deleted meanwhile.
    """
    if contact.pk == other.pk or contact.organization_id != other.organization_id:
        raise SameContact
    first, second = sorted([contact.pk, other.pk])  # always in one order, so that two merges wait instead of deadlock
    rows = {pk: locked(pk) for pk in (first, second)}
    kept, gone = rows[contact.pk], rows[other.pk]
    for model in (Deal, Task, Activity):
        model._default_manager.filter(contact=gone).update(contact=kept)
    found = {name: getattr(gone, name) for name in ("email", "phone", "owner", "user", "source")}
    seen = {name: timeline.plain(value) for name, value in found.items()} | {"id": gone.pk, "name": gone.name}
    gone.delete()
    timeline.apply_changes(kept, {name: value for name, value in found.items() if not getattr(kept, name)}, by=by)
    timeline.hand_over(kept)
    timeline.write(kept, Activity.Kind.CONTACT_MERGED, by=by, other=seen)
    emit(
        "contact.merged",
        key=kept.pk,
        contact_id=kept.pk,
        other_id=seen["id"],
        organization_id=kept.organization_id,
        actor_id=by.pk,
    )
    return kept


@in_transaction
def of_student(*, organization: Organization, student: User) -> Contact:
    """The contact of an account, found by the account or its e-mail, or opened; locked until the transaction ends."""
    contact = _find(organization, student)
    if contact is None:
        fresh = Contact(
            organization=organization, user=student, name=student.name, email=student.email, source=APPLICATION
        )
        try:
            return create(contact=fresh, by=student)
        except Duplicate:  # somebody opened it at this moment
            contact = _find(organization, student)
    if contact is None:
        raise ContactGone
    if contact.user_id is None:
        timeline.apply_changes(contact, {"user": student}, by=student)
    return contact


def locked(pk: int) -> Contact:
    """The contact as it is now, its row locked until the transaction ends. Raises ContactGone."""
    contact = Contact.objects.select_for_update().filter(pk=pk).first()
    if contact is None:
        raise ContactGone
    return contact


def _find(organization: Organization, student: User) -> Contact | None:
    rows = Contact.objects.select_for_update().filter(organization=organization)
    return rows.filter(user=student).order_by("pk").first() or rows.filter(email=student.email).first()


def _save(contact: Contact, **how: Any) -> None:
    try:
        with transaction.atomic():
            contact.save(**how)
    except IntegrityError as error:
        raise _duplicate(contact, contact.email) or error from error


def _duplicate(contact: Contact, email: str | None) -> Duplicate | None:
    same = Contact.objects.filter(organization=contact.organization_id, email=email).exclude(pk=contact.pk)
    found = same.values_list("pk", flat=True).first() if email else None
    return None if found is None else Duplicate(_("Contact %(id)s already has this e-mail.") % {"id": found})
