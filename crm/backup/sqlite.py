"""SQLite's backup API: a copy as of one moment while others go on writing."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from crm.backup.archive import BLOCK


def dump(connection: BaseDatabaseWrapper, rows: dict[str, int]) -> Iterator[bytes]:
    """The bytes of a copy, made beside the database since there is room for it."""
    with tempfile.TemporaryDirectory(dir=_folder(connection)) as folder:
        copy = Path(folder) / "copy.sqlite3"
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute(
                "SELECT 1 FROM sqlite_master"
            ).fetchone()  # holds one moment; without it each write of others starts the copy over
            with closing(sqlite3.connect(copy)) as target:
                source.backup(target, pages=10_000)
                rows |= _counted(target)
        with copy.open("rb") as file:
            while chunk := file.read(BLOCK):
                yield chunk


def load(connection: BaseDatabaseWrapper, chunks: Iterable[bytes]) -> None:
    with tempfile.TemporaryDirectory(dir=_folder(connection)) as folder:
        copy = Path(folder) / "copy.sqlite3"
        with copy.open("wb") as file:
            file.writelines(chunks)
        connection.ensure_connection()
        with closing(sqlite3.connect(copy)) as source, connection.wrap_database_errors:
            source.backup(connection.connection)


def _folder(connection: BaseDatabaseWrapper) -> Path:
    return Path(connection.settings_dict["NAME"]).absolute().parent


def _counted(database: sqlite3.Connection) -> dict[str, int]:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    count = 'SELECT COUNT(*) FROM "{}"'
    return {name: database.execute(count.format(name)).fetchone()[0] for (name,) in tables.fetchall()}
