"""An organisation's pipeline: four stages to begin with, and what its leaders make of them."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import Organization
from crm.errors import RuleBroken
from events.models import Event
from events.outbox import on
from events.transactions import in_transaction
from sales.models import Stage

FIRST_STAGES = [  # slug, name, probability in per cent
    ("qualification", _("Qualification"), 10),
    ("proposal", _("Proposal"), 40),
    ("negotiation", _("Negotiation"), 70),
    ("closed", _("Closed"), 100),
]


class SlugTaken(RuleBroken):
    code = "slug_taken"
    status = 422
    field = "slug"
    message = _("Another stage has this slug.")


class StageInUse(RuleBroken):
    code = "stage_in_use"
    message = _("A stage with deals in it is not deleted; move them first.")


class LastStage(RuleBroken):
    code = "last_stage"
    message = _("A pipeline keeps at least one stage.")


class StageGone(RuleBroken):
    code = "not_found"
    status = 404
    message = _("This stage is no longer there.")


@on("organization.created")
def open_pipeline(event: Event) -> None:
    """The stages that every organisation begins with, named in the site's language."""
    with override(settings.LANGUAGE_CODE):
        Stage.objects.bulk_create(
            Stage(
                organization_id=event.payload["organization_id"],
                slug=slug,
                name=str(name),
                position=position,
                probability=probability,
            )
            for position, (slug, name, probability) in enumerate(FIRST_STAGES, start=1)
        )


def create(*, stage: Stage) -> Stage:
    """Raises SlugTaken."""
    return _save(stage)


@in_transaction
def update(*, stage: Stage, **changes: Any) -> Stage:
    """Raises SlugTaken, StageGone."""
    stage = locked(stage)
    for name, value in changes.items():
        setattr(stage, name, value)
    return _save(stage, update_fields=list(changes))


@in_transaction
def delete(*, stage: Stage) -> None:
    """Raises StageInUse, LastStage."""
    Organization.objects.select_for_update().get(pk=stage.organization_id)  # two last stages must not both go
    if not Stage.objects.of(stage.organization_id).exclude(pk=stage.pk).exists():
        raise LastStage
    try:
        with transaction.atomic():
            stage.delete()
    except (ProtectedError, IntegrityError) as error:  # the second: a deal came in at this moment
        raise StageInUse from error


def locked(stage: Stage) -> Stage:
    """The stage as it is now, its row locked, so that it is not deleted meanwhile. Raises StageGone."""
    row = Stage.objects.select_for_update().filter(pk=stage.pk).first()
    if row is None:
        raise StageGone
    return row


def _save(stage: Stage, **how: Any) -> Stage:
    try:
        with transaction.atomic():
            stage.save(**how)
    except IntegrityError as error:
        raise SlugTaken from error
    return stage
