from django.db.backends.base.base import BaseDatabaseWrapper


def counted(connection: BaseDatabaseWrapper) -> dict[str, int]:
    """How many rows each table has."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
            found[table] = cursor.fetchone()[0]
    return found
