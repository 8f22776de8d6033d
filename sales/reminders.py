"""Letters about tasks: one when a task is due soon, one when it is overdue, each once however often this runs."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from events.outbox import emit
from sales.models import Task, TaskQuerySet

SOON = timedelta(hours=24)


def remind(organization: Organization) -> int:
    """Announce the organisation's tasks that are due soon or overdue and have not been announced; how many."""
    undone = Task.objects.undone().filter(organization=organization).exclude(assignee=None)
    soon = undone.filter(due_at__gte=timezone.now(), due_at__lt=timezone.now() + SOON)
    overdue = undone & Task.objects.overdue(organization)
    return _announce(soon, "task.due_soon", "due_soon_told_at") + _announce(overdue, "task.overdue", "overdue_told_at")


def _announce(rows: TaskQuerySet, event: str, mark: str) -> int:
    return sum(_announce_one(task, event, mark) for task in rows.filter(**{mark: None}).iterator(chunk_size=500))


@transaction.atomic
def _announce_one(task: Task, event: str, mark: str) -> bool:
    """The mark and the event are one commit; of two runs at once only one finds the mark unset."""
    if not Task.objects.undone().filter(pk=task.pk, **{mark: None}).update(**{mark: timezone.now()}):
        return False
    emit(
        event,
        key=task.pk,
        task_id=task.pk,
        organization_id=task.organization_id,
        assignee_id=task.assignee_id,
        deal_id=task.deal_id,
        contact_id=task.contact_id,
        title=task.title,
        due_at=task.due_at.isoformat(),
        actor_id=None,
    )
    return True
