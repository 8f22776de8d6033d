"""What a database must be like to keep what it is given; asked once, by `migrate` and `check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

NARROW_TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_collation NOT LIKE 'utf8mb4%%' ORDER BY table_name
"""


def stores_all_text(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every character, whole, or an error: a value is never silently cut or replaced."""
    found: list[CheckMessage] = []
    for connection in (connections[alias] for alias in databases or ()):
        found += {"mysql": _mysql, "postgresql": _postgresql}.get(connection.vendor, lambda _: [])(connection)
    return found


def _mysql(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@character_set_database, @@sql_mode")
        charset, mode = cursor.fetchone()
        cursor.execute(NARROW_TABLES)
        narrow = ", ".join(name for (name,) in cursor.fetchall())
    found: list[CheckMessage] = []
    if charset != "utf8mb4":
        hint = f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} CHARACTER SET utf8mb4;"
        found.append(Error(f"The database's character set is {charset}, not utf8mb4.", hint=hint, id="crm.E001"))
    if narrow:
        hint = "ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4;"
        found.append(Error(f"These tables do not use utf8mb4: {narrow}.", hint=hint, id="crm.E002"))
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(mode.split(",")):
        hint = "Something between here and the server drops the sql_mode that each connection asks for."
        found.append(Error("The server is not in strict mode: it would cut values short.", hint=hint, id="crm.E003"))
    return found


def _postgresql(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding == "UTF8":
        return []
    hint = "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;"
    return [Error(f"The database's encoding is {encoding}, not UTF8.", hint=hint, id="crm.E004")]
