"""pg_dump of a snapshot that our own connection holds, and has counted the rows of."""

from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.backup.archive import BLOCK
from crm.backup.clients import command, feed, reading
from crm.backup.rows import counted


def dump(connection: BaseDatabaseWrapper, rows: dict[str, int]) -> Iterator[bytes]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        options = [f"--snapshot={cursor.fetchone()[0]}", "--no-owner", "--no-privileges"]
        rows |= counted(connection)
        with reading(*command(connection, ("pg_dump",), options)) as pipe:
            while block := pipe.read(BLOCK):
                yield block


def load(connection: BaseDatabaseWrapper, chunks: Iterable[bytes]) -> None:
    """One transaction: all of it, or nothing."""
    options = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet"]
    feed(*command(connection, ("psql",), options), chunks)
