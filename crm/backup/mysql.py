"""mysqldump of one transaction's view, for MySQL and MariaDB."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from crm.backup.archive import BLOCK
from crm.backup.clients import command, feed, reading

OPTIONS = [
    "--single-transaction",
    "--quick",
    "--skip-lock-tables",
    "--no-tablespaces",
    "--hex-blob",
    "--skip-add-drop-table",
]
STRING = re.compile(rb"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
TABLE = re.compile(rb"CREATE TABLE `([^`]+)`")
INSERT = re.compile(rb"INSERT INTO `([^`]+)`.*? VALUES")
DEFINITION = re.compile(
    rb"^CREATE TABLE (?P<table>`[^`]+`)|^(?P<plain>  `[^`]+` .*?) GENERATED ALWAYS AS .*?(?=,?$)", re.MULTILINE
)


def dump(connection: BaseDatabaseWrapper, rows: dict[str, int]) -> Iterator[bytes]:
    blocks = _blocks(connection, rows)
    return blocks if getattr(connection, "mysql_is_mariadb", False) else generated_last(blocks)


def _blocks(connection: BaseDatabaseWrapper, rows: dict[str, int]) -> Iterator[bytes]:
    table = ""
    with reading(*command(connection, ("mariadb-dump", "mysqldump"), OPTIONS)) as pipe:
        while block := pipe.read(BLOCK) + pipe.readline():
            for line in STRING.sub(b"", block).splitlines():
                table = count(line, table, rows)
            yield block


def generated_last(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """MariaDB's mysqldump writes values for generated columns, and MySQL takes none: plain until the rows are in."""
    table, columns = b"", defaultdict[bytes, list[bytes]](list)

    def plain(found: re.Match[bytes]) -> bytes:
        nonlocal table
        if found["table"]:
            table = found["table"]
            return found[0]
        columns[table].append(b"MODIFY " + found[0].strip())
        return found["plain"]

    for block in blocks:
        yield DEFINITION.sub(plain, block)
    for name, changes in columns.items():
        yield b"ALTER TABLE %b %b;\n" % (name, b", ".join(changes))


def count(line: bytes, table: str, rows: dict[str, int]) -> str:
    """Count the rows of a line without its strings: one per bracket. Returns the table whose rows go on below."""
    if found := TABLE.match(line):
        rows[found[1].decode()] = 0
    elif found := INSERT.match(line):
        table, line = found[1].decode(), line[found.end() :]
    if table:
        rows[table] += line.count(b"(")
    return "" if line.endswith(b";") else table


def load(connection: BaseDatabaseWrapper, chunks: Iterable[bytes]) -> None:
    """The server commits each table by itself: after a failure those that were made are removed again."""
    try:
        feed(*command(connection, ("mariadb", "mysql"), []), chunks)
    except BaseException:
        _empty(connection)
        raise


def _empty(connection: BaseDatabaseWrapper) -> None:
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")
