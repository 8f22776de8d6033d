from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from crm.locks import alone


class Command(BaseCommand):
    help = (
        "Migrate the database, one process at a time: of replicas that start together one does it and the others wait. "
        "Ends with status 1 when a migration fails, or the database would lose text."
    )
    requires_system_checks: list[str] = []  # migrate asks them

    def handle(self, *args: Any, **options: Any) -> None:
        with alone(connection):
            call_command("migrate", interactive=False, skip_checks=False, verbosity=options["verbosity"])
