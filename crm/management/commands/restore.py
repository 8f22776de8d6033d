from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from crm.backup import archive
from crm.backup.clients import ClientFailed
from crm.backup.rows import counted
from crm.locks import alone
from crm.management.commands.backup import ENGINES, leave_cleanly, ticker


class Command(BaseCommand):
    help = (
        "Fill an empty database from a backup of the same engine, and prove it against the backup: the rows of each "
        "table, and every course's seats. A damaged file, or a database with tables, is refused before a write."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        leave_cleanly()
        manifest = self._checked(file)
        with alone(connection):
            if connection.introspection.table_names():
                message = "The database is not empty; nothing was written."
                raise CommandError(message)
            self._load(file, manifest)
        self._compare(manifest["rows"])
        call_command("check_seats", stdout=self.stdout, stderr=self.stderr)

    def _checked(self, file: Path) -> archive.Manifest:
        try:
            manifest = archive.check(file)
        except archive.Damaged as error:
            message = f"{file} is damaged, or no backup; nothing was written."
            raise CommandError(message) from error
        if manifest["engine"] != connection.vendor:
            message = (
                f"{file} was made from {manifest['engine']}, and this is {connection.vendor}; nothing was written."
            )
            raise CommandError(message)
        return manifest

    def _load(self, file: Path, manifest: archive.Manifest) -> None:
        try:
            ENGINES[connection.vendor].load(connection, self._ticking(file, manifest["size"]))
        except (ClientFailed, DatabaseError, OSError) as error:
            message = f"The database is as empty as before: {error}"
            raise CommandError(message) from error

    def _ticking(self, file: Path, total: int) -> Iterator[bytes]:
        tick, done = ticker(self, total), 0
        for chunk in archive.read(file):
            done += len(chunk)
            tick(done)
            yield chunk

    def _compare(self, rows: dict[str, int]) -> None:
        found = counted(connection)
        wrong = [table for table in sorted(rows.keys() | found) if rows.get(table) != found.get(table)]
        if wrong:
            message = f"Do not use this database: not as in the backup are {', '.join(wrong)}."
            raise CommandError(message)
        self.stdout.write(f"\r{sum(rows.values())} rows of {len(rows)} tables are back.")
