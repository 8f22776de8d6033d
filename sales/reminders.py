"""Letters about tasks: one when a task is due within a day, one when it is overdue, each once for each due time."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from events.clock import MORNING, hourly
from events.letters import write
from sales.models import Task, TaskQuerySet

SOON = timedelta(hours=24)


@hourly
def remind_of_tasks() -> None:
    """Write to assignees, from the morning by their organisation's clock."""
    for organization in Organization.objects.iterator():
        if timezone.localtime(timezone=ZoneInfo(organization.time_zone)).hour >= MORNING:
            _remind(organization)


def _remind(organization: Organization) -> None:
    undone = Task.objects.undone().filter(organization=organization, assignee__is_active=True)
    undone = undone.filter(assignee__memberships__organization=organization)
    soon = undone.filter(due_at__gte=timezone.now(), due_at__lt=timezone.now() + SOON)
    _tell_all(soon, "due_soon", "due_soon_told_at")
    _tell_all(undone.overdue(organization), "overdue", "overdue_told_at")


def _tell_all(rows: TaskQuerySet, letter: str, mark: str) -> None:
    """Those that are not marked; the mark spares looking for a letter of each overdue task every hour."""
    for task in rows.filter(**{mark: None}).select_related("assignee", "organization", "contact").iterator(500):
        _tell(task, letter, mark)


@transaction.atomic
def _tell(task: Task, letter: str, mark: str) -> None:
    """The mark and the letter are one commit; of two runs at once only one finds the mark unset."""
    if not task.assignee or not Task.objects.filter(pk=task.pk, **{mark: None}).update(**{mark: timezone.now()}):
        return
    write(
        key=f"{letter}:{task.pk}:{task.assignee_id}:{task.due_at.isoformat()}",
        to=task.assignee.email,
        language=task.assignee.language,
        template=f"sales/mail/{letter}.txt",
        task=task,
        due_at=task.due_at.astimezone(ZoneInfo(task.organization.time_zone)),
    )
