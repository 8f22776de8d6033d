"""Letters to those who sell, sent after the commit that they tell of."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from events.models import Event
from events.outbox import after
from sales.models import Task


@after("task.due_soon", "task.overdue")
def remind_of_task(event: Event) -> None:
    """To the assignee, with the time of the organisation; not if the task has been done or passed on meanwhile."""
    rows = Task.objects.undone().select_related("assignee", "organization", "contact")
    task = rows.filter(pk=event.payload["task_id"], assignee=event.payload["assignee_id"]).first()
    if task is None or task.assignee is None:
        return
    overdue = event.type == "task.overdue"
    due_at = task.due_at.astimezone(ZoneInfo(task.organization.time_zone))
    with override(task.assignee.language):
        subject = _("Overdue: %(title)s") if overdue else _("Due soon: %(title)s")
        send_mail(
            subject=subject % {"title": task.title},
            message=render_to_string("sales/mail_task.txt", {"task": task, "due_at": due_at, "overdue": overdue}),
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[task.assignee.email],
        )
