import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from crm.backup import archive, mysql, postgresql, sqlite
from crm.backup.clients import ClientFailed

ENGINES: dict[str, Any] = {"sqlite": sqlite, "mysql": mysql, "postgresql": postgresql}
MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    help = "Write the whole database to one compressed file, as of one moment, while people go on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to; an existing file is never replaced")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        leave_cleanly()
        if file.exists():
            message = f"{file} exists already."
            raise CommandError(message)
        if not connection.introspection.table_names():
            message = "The database is empty: is DATABASE_URL right? No backup was made."
            raise CommandError(message)
        rows: dict[str, int] = {}
        manifest = {"engine": connection.vendor, "made_at": timezone.now().isoformat(), "rows": rows}
        try:
            archive.write(file, ENGINES[connection.vendor].dump(connection, rows), manifest, ticker(self))
        except (ClientFailed, OSError) as error:
            message = f"No backup was made: {error}"
            raise CommandError(message) from error
        self.stdout.write(f"\r{file}: {sum(rows.values())} rows of {len(rows)} tables, {size(file.stat().st_size)}")


def leave_cleanly() -> None:
    """SIGTERM would end the process at once; what it has half written, a copy of everybody's data, goes first."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def ticker(command: BaseCommand, total: int = 0) -> Callable[[int], None]:
    """Says once a second how far it is."""
    last = time.monotonic()

    def tick(done: int) -> None:
        nonlocal last
        if time.monotonic() - last > 1:
            last = time.monotonic()
            command.stdout.write(f"\r{size(done)}{f' of {size(total)}' if total else ''}", ending="")
            command.stdout.flush()

    return tick


def size(number: int) -> str:
    return f"{number / MEGABYTE:.2f} MB"
