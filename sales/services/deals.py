"""Deals as rows: opened, edited, deleted. What moves them is in sales/pipeline.py."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.errors import RuleBroken
from events.outbox import emit
from events.transactions import in_transaction
from sales import pipeline, timeline
from sales.models import Activity, Deal, Stage
from sales.services import contacts, stages
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


class ForeignStage(RuleBroken):
    code = "does_not_exist"
    status = 422
    field = "stage"
    message = _("There is no such stage in the organisation.")


class BoundToApplication(RuleBroken):
    code = "bound_to_application"
    message = _("This deal came from an application: its course stays.")


class SaleOfSeat(RuleBroken):
    code = "bound_to_application"
    message = _("This deal is the sale of a seat that is taken; it stays.")


class DealClosed(RuleBroken):
    code = "deal_closed"
    message = _("A closed deal keeps its amount, currency and course.")


class AmountOfSale(RuleBroken):
    code = "amount_required"
    status = 422
    field = "amount"
    message = _("The amount of a sale, or of an application, is above zero.")


@in_transaction
def create(*, deal: Deal, by: User) -> Deal:
    """Save a new deal, in the first stage when it names none and in the organisation's currency or its course's.

    The contact and a stage that is named are locked, so that they are not merged away or deleted meanwhile.
    Raises ContactGone, ForeignContact, ForeignCourse, ForeignStage, StageGone, NotTheirOwner.
    """
    deal.contact = contacts.locked(deal.contact_id)
    if deal.contact.organization_id != deal.organization_id:
        raise ForeignContact
    _check_course(deal, deal.course)
    check_works_here(deal.owner, deal.organization_id, NotTheirOwner)
    deal.stage = stages.locked(deal.stage) if deal.stage_id else Stage.objects.of(deal.organization_id)[0]
    if deal.stage.organization_id != deal.organization_id:
        raise ForeignStage
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
    """Set fields of a deal. Raises StaleVersion, NotTheirOwner, DealClosed, ForeignCourse,
    BoundToApplication, AmountOfSale."""
    row = pipeline.locked(deal, version)
    if "owner" in changes and changes["owner"] != row.owner:
        check_works_here(changes["owner"], row.organization_id, NotTheirOwner)
    if row.status == Deal.Status.CLOSED and any(changes.get(name, value) != value for name, value in _sold(row)):
        raise DealClosed
    if "course" in changes and changes["course"] != row.course:
        if row.enrolment_id:
            raise BoundToApplication
        _check_course(row, changes["course"])
    if changes.get("amount", row.amount) <= 0 and (row.won_at or row.enrolment_id):
        raise AmountOfSale
    pipeline.change(row, changes, by=by)
    return row


@in_transaction
def delete(*, deal: Deal, by: User, version: int | None = None) -> None:
    """Take a deal away, with its tasks; its lines stay with the contact. Raises DealGone, StaleVersion, SaleOfSeat."""
    row = pipeline.locked(deal, version)
    if row.won_at and row.enrolment and row.enrolment.holds_seat:
        raise SaleOfSeat
    told = {"title": row.title, "amount": timeline.plain(row.amount), "status": row.status}
    timeline.write(row.contact, Activity.Kind.DEAL_DELETED, by=by, **told)
    row.delete()


def _sold(deal: Deal) -> list[tuple[str, Any]]:
    return [("amount", deal.amount), ("currency", deal.currency), ("course", deal.course)]


def _check_course(deal: Deal, course: Any) -> None:
    if course and course.organization_id != deal.organization_id:
        raise ForeignCourse
