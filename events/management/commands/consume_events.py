from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events import consumers
from events.process import until_told_to_stop


class Command(BaseCommand):
    help = (
        "Handle events from Kafka as a member of a consumer group, and send the letters that come of it. "
        "Start as many members as there are partitions. SIGTERM ends it gracefully."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--group", default="mini-crm", help="Kafka's group id (default: %(default)s)")
        parser.add_argument(
            "--consumer",
            action="append",
            choices=consumers.known(),
            help="run this consumer alone, with a --group of its own; may be repeated (default: all)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EVENTS_TRANSPORT != "kafka":
            message = "EVENTS_TRANSPORT is not kafka: manage.py relay_events runs the consumers itself."
            raise CommandError(message)
        intake = import_module("events.kafka").Intake
        with until_told_to_stop() as stopping:
            intake(group=options["group"], only=options["consumer"] or [], stopping=stopping).run()
