"""Deals as rows: opened, edited, deleted. What moves them is in sales/pipeline.py."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.errors import RuleBroken
from events.outbox import emit
from events.transactions import in_transaction
from sales import pipeline, timeline
from sales.models import Activity, Deal, Stage
from sales.services import contacts
from sales.services.people import NotTheirOwner, check_works_here


class ForeignContact(RuleBroken):
    code = "does_not_exist"
    status = 422
    field = "contact"
    message = _("There is no such contact in the organisation.")


class ForeignCourse(RuleBroken):
    code = "does_not_exist"
    status = 422
    field = "course"
    message = _("There is no such course in the organisation.")


class BoundToApplication(RuleBroken):
    code = "bound_to_application"
    message = _("This deal came from an application: its course stays.")


class AmountOfSale(RuleBroken):
    code = "amount_required"
    status = 422
    field = "amount"
    message = _("The amount of a sale, or of an application, is above zero.")


@in_transaction
def create(*, deal: Deal, by: User) -> Deal:
    """Save a new deal, in the first stage when it names none and in the organisation's currency or its course's.

    The contact is locked, so that it is not merged away meanwhile.
    Raises ContactGone, ForeignContact, ForeignCourse, NotTheirOwner.
    """
    deal.contact = contacts.locked(deal.contact_id)
    if deal.contact.organization_id != deal.organization_id:
        raise ForeignContact
    _check_course(deal, deal.course)
    check_works_here(deal.owner, deal.organization_id, NotTheirOwner)
    if deal.stage_id is None:
        deal.stage = Stage.objects.of(deal.organization_id)[0]
    deal.currency = deal.currency or (deal.course.currency if deal.course else deal.organization.currency)
    deal.save(force_insert=True)
    timeline.write(deal, Activity.Kind.DEAL_CREATED, by=by, title=deal.title, amount=timeline.plain(deal.amount))
    emit(
        "deal.created",
        key=deal.pk,
        deal_id=deal.pk,
        organization_id=deal.organization_id,
        contact_id=deal.contact_id,
        owner_id=deal.owner_id,
        course_id=deal.course_id,
        enrolment_id=deal.enrolment_id,
        title=deal.title,
        amount=timeline.plain(deal.amount),
        currency=deal.currency,
        status=deal.status,
        actor_id=by.pk,
    )
    return deal


@in_transaction
def update(*, deal: Deal, by: User, version: int | None = None, **changes: Any) -> Deal:
    """Set fields of a deal. Raises StaleVersion, NotTheirOwner, ForeignCourse, BoundToApplication, AmountOfSale."""
    row = pipeline.locked(deal, version)
    if "owner" in changes and changes["owner"] != row.owner:
        check_works_here(changes["owner"], row.organization_id, NotTheirOwner)
    if "course" in changes and changes["course"] != row.course:
        if row.enrolment_id:
            raise BoundToApplication
        _check_course(row, changes["course"])
    if changes.get("amount", row.amount) <= 0 and (row.won_at or row.enrolment_id):
        raise AmountOfSale
    pipeline.change(row, changes, by=by)
    return row


@in_transaction
def delete(*, deal: Deal, version: int | None = None) -> None:
    """Take a deal away, with its tasks and its timeline. Raises DealGone, StaleVersion."""
    pipeline.locked(deal, version).delete()


def _check_course(deal: Deal, course: Any) -> None:
    if course and course.organization_id != deal.organization_id:
        raise ForeignCourse
