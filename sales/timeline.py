"""What has happened to contacts and deals: every change writes its lines here, in its own transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.errors import RuleBroken
from events.transactions import in_transaction
from sales.models import Activity, Contact, Deal, Task

Kind = Activity.Kind
Subject = Contact | Deal | Task
KEPT_IN_STEP: dict[type, list[str]] = {  # columns that a change of the row moves too
    Contact: ["updated_at"],
    Deal: ["updated_at", "version"],
    Task: ["updated_at", "done_at", "due_soon_told_at", "overdue_told_at"],
}


class SubjectGone(RuleBroken):
    code = "not_found"
    status = 404
    message = _("What this line is about is no longer there.")


class DateOutOfRange(RuleBroken):
    code = "date_out_of_range"
    status = 422
    field = "happened_at"
    message = _("Give a date of the years 2000 to 2100.")


class StillToCome(DateOutOfRange):
    message = _("Give a time that has passed; for what is to come, make a task.")


def check_year(moment: datetime, refusal: type[DateOutOfRange]) -> None:
    """Dates at the ends of the calendar have no local time in some places. Raises `refusal`."""
    if not 2000 <= moment.year <= 2100:
        raise refusal


def write(about: Subject, kind: Kind, *, by: User | None, text: str = "", **payload: Any) -> Activity:
    """Add one line about a contact, a deal or a task; a line about a deal or a task is its contact's too."""
    return Activity.objects.create(**_place(about), kind=kind, author=by, text=text, payload=payload)


@in_transaction
def log(
    *,
    about: Contact | Deal,
    kind: Kind,
    text: str,
    by: User,
    happened_at: datetime | None = None,
    minutes: int | None = None,
) -> Activity:
    """Record what somebody did outside: a note, a call, an e-mail or a meeting, with its time and length in minutes.

    Raises DateOutOfRange, StillToCome, and SubjectGone when what it is about has been merged or deleted meanwhile.
    """
    if happened_at:
        _check_has_happened(happened_at)
    row = type(about)._default_manager.select_for_update().filter(pk=about.pk).first()
    if row is None:
        raise SubjectGone
    return Activity.objects.create(
        **_place(row),
        kind=kind,
        author=by,
        text=text,
        happened_at=happened_at or timezone.now(),
        minutes=minutes,
    )


def apply_changes(row: Subject, changes: Mapping[str, Any], *, by: User) -> list[str]:
    """Set fields of a row and save them, with a line for each that really changes: field, from, to, who.

    Returns the names of the fields that changed.
    """
    before = {name: getattr(row, name) for name in changes}
    changed = [name for name, value in changes.items() if before[name] != value]
    for name in changed:
        setattr(row, name, changes[name])
    if changed:
        row.save(update_fields=[*changed, *KEPT_IN_STEP[type(row)]])
        write_changes(row, [(name, before[name], changes[name]) for name in changed], by=by)
    if "owner" in changed and not isinstance(row, Task):
        hand_over(row)
    return changed


def write_changes(
    row: Subject, changes: Iterable[tuple[str, Any, Any]], *, by: User | None, kind: Kind = Kind.FIELD_CHANGED
) -> None:
    Activity.objects.bulk_create(
        Activity(
            **_place(row),
            kind=kind,
            author=by,
            payload=_task_of(row) | {"field": field, "from": plain(before), "to": plain(after)},
        )
        for field, before, after in changes
    )


def plain(value: Any) -> Any:
    """A field's value as JSON and a reader years later can take it: a person or a row by its name."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, User):
        return value.name
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def hand_over(row: Contact | Deal) -> None:
    """The lines about a contact or deal go to its new owner."""
    if isinstance(row, Contact):
        Activity.objects.filter(contact=row).update(contact_owner=row.owner_id)
    else:
        Activity.objects.filter(deal=row).update(deal_owner=row.owner_id)


def _check_has_happened(moment: datetime) -> None:
    """A meeting of later today may be noted beforehand, and clocks differ; what lies further ahead is a task."""
    check_year(moment, DateOutOfRange)
    if moment > timezone.now() + timedelta(days=1):
        raise StillToCome


def _place(about: Subject) -> dict[str, Any]:
    deal = about if isinstance(about, Deal) else getattr(about, "deal", None)
    contact = about if isinstance(about, Contact) else about.contact or (deal and deal.contact)
    return {
        "organization_id": about.organization_id,
        "contact": contact,
        "contact_owner_id": contact.owner_id if contact else None,
        "deal": deal,
        "deal_owner_id": deal.owner_id if deal else None,
    }


def _task_of(row: Subject) -> dict[str, Any]:
    return {"task_id": row.pk, "title": row.title} if isinstance(row, Task) else {}
