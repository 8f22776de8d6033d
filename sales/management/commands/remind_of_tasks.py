from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Organization
from sales.reminders import remind


class Command(BaseCommand):
    help = (
        "Write to whoever has a task that is due within a day, or is overdue: a letter for each, once. "
        "Run it daily, for instance by cron; run again, it repeats nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        told = sum(remind(organization) for organization in Organization.objects.iterator())
        self.stdout.write(f"Reminders: {told}")
