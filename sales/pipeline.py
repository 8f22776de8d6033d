"""How a deal goes through the pipeline. Its status and stage change here and nowhere else, whichever door is used.

    new → in_progress → won | lost → closed, and lost → in_progress for those who may reopen

Each verb locks the deal's row, so of two people who win and lose it at once one is refused. A deal that came from an
application is won by accepting the application: the course is locked first, as in every decision on a seat.
"""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import allows
from accounts.models import User
from courses import seats
from crm.errors import RuleBroken
from enrolments import services as enrolments
from enrolments.models import Enrolment
from events.outbox import emit
from events.transactions import in_transaction
from sales import timeline
from sales.models import Activity, Deal, Stage
from sales.services import contacts, stages
from sales.services.people import works_here

Status = Deal.Status
Kind = Activity.Kind


class InvalidTransition(RuleBroken):
    code = "invalid_transition"


class AmountRequired(RuleBroken):
    code = "amount_required"
    message = gettext_lazy("A deal is won with an amount above zero.")


class LostReasonRequired(RuleBroken):
    code = "lost_reason_required"
    message = gettext_lazy("Say why the deal is lost.")


class StageRollback(RuleBroken):
    code = "stage_rollback"
    message = gettext_lazy("Only an owner or an administrator moves a deal back.")


class StaleVersion(RuleBroken):
    code = "stale_version"
    message = gettext_lazy("Somebody has changed this deal meanwhile. Look at it again.")


class DealGone(RuleBroken):
    code = "not_found"
    status = 404
    message = gettext_lazy("This deal is no longer there.")


class NotAtWorkHere(RuleBroken):
    code = "not_a_colleague"
    message = gettext_lazy("Only who works in the organisation takes its deals.")


class Taken(RuleBroken):
    code = "already_taken"
    message = gettext_lazy("This deal has an owner.")


@in_transaction
def start(*, deal: Deal, by: User, version: int | None = None) -> Deal:
    """Begin to work on a new deal. Raises InvalidTransition, StaleVersion."""
    deal = locked(deal, version)
    if deal.status != Status.NEW:
        raise _no_way(deal, Status.IN_PROGRESS)
    return _become(deal, Status.IN_PROGRESS, "deal.started", by)


@in_transaction
def move(*, deal: Deal, stage: Stage, by: User, version: int | None = None) -> Deal:
    """Move an open deal to another stage of its organisation; back only with the right `rollback_deal`.

    Raises InvalidTransition, StageRollback, StaleVersion, StageGone.
    """
    deal, stage = locked(deal, version), stages.locked(stage)
    if not deal.is_open or stage.organization_id != deal.organization_id:
        raise InvalidTransition(_("Only an open deal moves, and only within its organisation."))
    if stage.place < deal.stage.place and not allows(by, "sales.rollback_deal", deal):
        raise StageRollback
    if stage != deal.stage:
        _enter(deal, stage, by)
        _save(deal)
    return deal


@in_transaction
def win(*, deal: Deal, by: User, version: int | None = None) -> Deal:
    """Win a deal; its application, if it came from one, is accepted. Raises InvalidTransition, AmountRequired,
    StaleVersion, and what accepting raises: CourseFull."""
    _lock_course(deal)
    deal = locked(deal, version)
    _check_may_win(deal)
    if deal.enrolment_id:
        _check_not_sold(deal)
        enrolment = Enrolment.objects.get(pk=deal.enrolment_id)
        if not enrolment.holds_seat:
            enrolments.accept(enrolment=enrolment, by=by)  # and its event wins the deal
            return locked(deal)
    return settle_won(deal, by=by)


@in_transaction
def lose(*, deal: Deal, by: User, reason: str, version: int | None = None) -> Deal:
    """Give a deal up, with the reason. Raises InvalidTransition, LostReasonRequired, StaleVersion."""
    deal = locked(deal, version)
    if not deal.may_become(Status.LOST):
        raise _no_way(deal, Status.LOST)
    if not reason.strip():
        raise LostReasonRequired
    return settle_lost(deal, reason=reason.strip(), by=by)


@in_transaction
def close(*, deal: Deal, by: User, version: int | None = None) -> Deal:
    """Put a won or lost deal away for good. Raises InvalidTransition, StaleVersion."""
    deal = locked(deal, version)
    if not deal.may_become(Status.CLOSED):
        raise _no_way(deal, Status.CLOSED)
    return _become(deal, Status.CLOSED, "deal.closed", by)


@in_transaction
def reopen(*, deal: Deal, by: User, version: int | None = None) -> Deal:
    """Work on a lost deal again, in the stage where it was lost. Raises InvalidTransition, StaleVersion."""
    _lock_course(deal)
    deal = locked(deal, version)
    if deal.status != Status.LOST:
        raise _no_way(deal, Status.IN_PROGRESS)
    if deal.enrolment_id:
        _check_not_sold(deal)
    deal.lost_at, deal.lost_reason = None, ""
    _enter(deal, _stage_before_end(deal), by)
    return _become(deal, Status.IN_PROGRESS, "deal.reopened", by)


@in_transaction
def take(*, deal: Deal, by: User, version: int | None = None) -> Deal:
    """Become the owner of a deal that has none at work, and of its contact if that has none either.

    Raises NotAtWorkHere, Taken, StaleVersion.
    """
    deal, organization = locked(deal, version), deal.organization_id
    if not works_here(by, organization):
        raise NotAtWorkHere
    if works_here(deal.owner, organization):
        raise Taken
    deal.contact = contacts.locked(deal.contact_id)
    change(deal, {"owner": by}, by=by)
    if not works_here(deal.contact.owner, organization):
        timeline.apply_changes(deal.contact, {"owner": by}, by=by)
    return deal


def locked(deal: Deal, version: int | None = None) -> Deal:
    """The deal as it is now, its row locked until the transaction ends. Raises DealGone, StaleVersion."""
    row = Deal.objects.select_for_update().filter(pk=deal.pk).first()
    if row is None:
        raise DealGone
    if version is not None and version != row.version:
        raise StaleVersion
    return row


def change(deal: Deal, changes: dict[str, Any], *, by: User) -> list[str]:
    """Set fields of a locked deal; its version rises when one of them really changes."""
    deal.version += 1
    changed = timeline.apply_changes(deal, changes, by=by)
    if not changed:
        deal.version -= 1
    return changed


def settle_won(deal: Deal, *, by: User) -> Deal:
    """Mark a locked deal as won. For `win`, and for the acceptance of its application."""
    _check_may_win(deal)
    deal.won_at = timezone.now()
    _enter(deal, _last_stage(deal), by)
    _become(deal, Status.WON, None, by)
    emit("deal.won", key=deal.pk, **_sale(deal), amount=str(deal.amount), currency=deal.currency, actor_id=by.pk)
    return deal


def settle_lost(deal: Deal, *, reason: str, by: User) -> Deal:
    """Mark a locked deal as lost. For `lose`, and for the end of its application, which takes back a sale too."""
    deal.won_at, deal.lost_at, deal.lost_reason = None, timezone.now(), reason
    left = deal.stage_id
    _enter(deal, _last_stage(deal), by)
    _become(deal, Status.LOST, None, by, reason=reason, stage=left)
    emit("deal.lost", key=deal.pk, **_sale(deal), reason=reason, actor_id=by.pk)
    return deal


def _lock_course(deal: Deal) -> None:
    """What an enrolment and its deal decide is decided under the course's lock, taken before the deal's."""
    if deal.enrolment_id and deal.course_id:
        seats.lock(deal.course_id)


def _check_not_sold(deal: Deal) -> None:
    """An application has one open deal at most, and is sold once."""
    others = Deal.objects.filter(enrolment=deal.enrolment_id).exclude(pk=deal.pk)
    if others.filter(Q(is_open=True) | Q(won_at__isnull=False)).exists():
        raise InvalidTransition(_("Another deal of this application is open or won."))


def _check_may_win(deal: Deal) -> None:
    if not deal.may_become(Status.WON):
        raise _no_way(deal, Status.WON)
    if deal.amount <= 0:
        raise AmountRequired


def _become(deal: Deal, status: Status, event: str | None, by: User, **told: Any) -> Deal:
    previous, deal.status = deal.status, status
    _save(deal)
    timeline.write(deal, Kind.STATUS_CHANGED, by=by, field="status", **{"from": previous, "to": status}, **told)
    if event:
        about = {"deal_id": deal.pk, "organization_id": deal.organization_id}
        emit(event, key=deal.pk, **about, status=status, previous=previous, actor_id=by.pk)
    return deal


def _enter(deal: Deal, stage: Stage, by: User) -> None:
    """Put a locked deal into a stage; the caller saves it."""
    left = deal.stage
    if left == stage:
        return
    deal.stage, deal.stage_entered_at = stage, timezone.now()
    names = {"from": left.slug, "to": stage.slug}
    timeline.write(deal, Kind.STAGE_CHANGED, by=by, field="stage", **names)
    emit(
        "deal.stage_changed",
        key=deal.pk,
        deal_id=deal.pk,
        organization_id=deal.organization_id,
        from_stage=left.slug,
        to_stage=stage.slug,
        actor_id=by.pk,
    )


def _save(deal: Deal) -> None:
    deal.version += 1
    deal.save(
        update_fields=[
            "status", "stage", "stage_entered_at", "lost_reason", "won_at", "lost_at", "version", "updated_at",
        ]
    )  # fmt: skip


def _last_stage(deal: Deal) -> Stage:
    return Stage.objects.of(deal.organization_id).reverse()[0]


def _stage_before_end(deal: Deal) -> Stage:
    """Where the deal was when it was lost; the first stage if that one is gone."""
    told = Activity.objects.filter(deal=deal, kind=Kind.STATUS_CHANGED).order_by("-created_at", "-id")
    loss = told.values_list("payload", flat=True).first() or {}
    own = Stage.objects.of(deal.organization_id)
    return own.filter(pk=loss.get("stage", 0)).first() or own[0]


def _sale(deal: Deal) -> dict[str, Any]:
    return {
        "deal_id": deal.pk,
        "organization_id": deal.organization_id,
        "contact_id": deal.contact_id,
        "course_id": deal.course_id,
        "enrolment_id": deal.enrolment_id,
    }


def _no_way(deal: Deal, wanted: Status) -> InvalidTransition:
    names = {"now": deal.get_status_display(), "wanted": wanted.label}
    return InvalidTransition(_("A deal with the status “%(now)s” cannot get the status “%(wanted)s”.") % names)
