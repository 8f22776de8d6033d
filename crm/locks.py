"""One process at a time, over all replicas: whoever comes second waits. The lock goes with its process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

PATIENCE = 600  # seconds; a migration of a large table takes minutes
IDLE = 86_400  # seconds in which another program may work while this connection holds the lock
KEY = 5_462_018  # any number that nothing else here locks


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold the right to change the structure of the database."""
    hold = {"mysql": _mysql, "postgresql": _postgresql, "sqlite": _sqlite}[connection.vendor]
    with hold(connection):
        yield


@contextmanager
def _mysql(connection: BaseDatabaseWrapper) -> Iterator[None]:
    name = f"crm:{connection.settings_dict['NAME']}"[:64]
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, PATIENCE])
        if not cursor.fetchone()[0]:
            raise _refusal()
        cursor.execute("SET SESSION wait_timeout = %s", [IDLE])
        try:
            yield
        finally:
            cursor.execute("DO RELEASE_LOCK(%s)", [name])


@contextmanager
def _postgresql(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [KEY])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])


@contextmanager
def _sqlite(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The write lock of a second, empty file, for the first one's is what the work itself needs."""
    with closing(sqlite3.connect(f"{connection.settings_dict['NAME']}-lock", timeout=PATIENCE)) as beside:
        try:
            beside.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise _refusal() from error
        yield


def _refusal() -> CommandError:
    message = f"Another process has been changing the database for {PATIENCE} seconds; is it stuck?"
    return CommandError(message)
