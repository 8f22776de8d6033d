"""What is to be done, by whom and until when."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.errors import RuleBroken
from events.outbox import emit
from events.transactions import in_transaction
from sales import pipeline, timeline
from sales.models import Activity, Task
from sales.services import contacts
from sales.services.people import NotTheirAssignee, check_works_here

Status = Task.Status
Kind = Activity.Kind


class DueInPast(RuleBroken):
    code = "due_in_past"
    status = 422
    field = "due_at"
    message = _("Choose a time that is still to come.")


class DueOutOfRange(timeline.DateOutOfRange):
    field = "due_at"


class ForeignDeal(RuleBroken):
    code = "does_not_exist"
    status = 422
    field = "deal"
    message = _("There is no such deal in the organisation.")


class ForeignContact(RuleBroken):
    code = "does_not_exist"
    status = 422
    field = "contact"
    message = _("The task's contact is not that of its deal, or of another organisation.")


class TaskGone(RuleBroken):
    code = "not_found"
    status = 404
    message = _("This task is no longer there.")


@in_transaction
def create(*, task: Task, by: User) -> Task:
    """Save a new task. A task about a deal is about its contact too.

    Raises DueInPast, NotTheirAssignee, ForeignDeal, ForeignContact, DealGone, ContactGone.
    """
    _check_due(task.due_at)
    check_works_here(task.assignee, task.organization_id, NotTheirAssignee)
    _check_subject(task)
    task.created_by = by if task.organization_id in by.roles else None  # a student's application makes tasks too
    task.done_at = timezone.now() if task.status == Status.DONE else None
    task.save(force_insert=True)
    timeline.write(task, Kind.TASK_CREATED, by=by, task_id=task.pk, title=task.title)
    _tell("task.created", task, by, title=task.title, due_at=task.due_at.isoformat())
    if task.done_at:
        _tell_done(task, by)
    return task


@in_transaction
def update(*, task: Task, by: User, **changes: Any) -> Task:
    """Set fields of a task; a new due time must be to come, and is told of by letter again.

    Raises TaskGone, DueInPast, NotTheirAssignee.
    """
    row = _locked(task)
    was_done = row.done_at is not None
    if changes.get("due_at", row.due_at) != row.due_at:
        _check_due(changes["due_at"])
        row.due_soon_told_at = row.overdue_told_at = None
    if "assignee" in changes and changes["assignee"] != row.assignee:
        row.due_soon_told_at = row.overdue_told_at = None
        check_works_here(changes["assignee"], row.organization_id, NotTheirAssignee)
    is_done = changes.get("status", row.status) == Status.DONE
    row.done_at = (row.done_at or timezone.now()) if is_done else None
    timeline.apply_changes(row, changes, by=by)
    if is_done and not was_done:
        _tell_done(row, by)
    return row


def finish(*, task: Task, by: User) -> Task:
    """Mark a task as done. Raises TaskGone."""
    return update(task=task, by=by, status=Status.DONE)


@in_transaction
def delete(*, task: Task, by: User) -> None:
    """Take a task away; the timeline keeps that it was there. Raises TaskGone."""
    row = _locked(task)
    timeline.write(row, Kind.TASK_DELETED, by=by, task_id=row.pk, title=row.title)
    row.delete()


def _locked(task: Task) -> Task:
    row = Task.objects.select_for_update().filter(pk=task.pk).first()
    if row is None:
        raise TaskGone
    return row


def _check_due(due_at: datetime) -> None:
    if due_at < timezone.now():
        raise DueInPast
    timeline.check_year(due_at, DueOutOfRange)


def _check_subject(task: Task) -> None:
    """Locks the deal and the contact, so that neither is merged away or deleted meanwhile."""
    if task.deal:
        task.deal = pipeline.locked(task.deal)
        if task.deal.organization_id != task.organization_id:
            raise ForeignDeal
        task.contact = task.contact or task.deal.contact
        if task.contact != task.deal.contact:
            raise ForeignContact
    if task.contact:
        task.contact = contacts.locked(task.contact.pk)
    if task.contact and task.contact.organization_id != task.organization_id:
        raise ForeignContact


def _tell_done(task: Task, by: User) -> None:
    timeline.write(task, Kind.TASK_DONE, by=by, task_id=task.pk, title=task.title)
    _tell("task.done", task, by)


def _tell(event: str, task: Task, by: User, **more: Any) -> None:
    emit(
        event,
        key=task.pk,
        task_id=task.pk,
        organization_id=task.organization_id,
        assignee_id=task.assignee_id,
        deal_id=task.deal_id,
        contact_id=task.contact_id,
        actor_id=by.pk,
        **more,
    )
