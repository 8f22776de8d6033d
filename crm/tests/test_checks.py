"""A database that would lose text is refused before the school starts."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from crm.checks import stores_all_text


def found() -> list[str | None]:
    return [message.id for message in stores_all_text(databases=["default"])]


def test_the_check_is_asked_with_the_database(db: None) -> None:
    assert [error.id for error in run_checks(tags=[Tags.database], databases=["default"])] == found() == []
    assert stores_all_text() == []


@pytest.mark.skipif(connection.vendor != "mysql", reason="only MySQL and MariaDB cut text short")
class TestMySQL:
    def test_a_server_that_cuts_values_short_is_refused(self, db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET @kept = @@sql_mode, sql_mode = ''")
            try:
                assert found() == ["crm.E003"]
            finally:
                cursor.execute("SET sql_mode = @kept")

    @pytest.mark.django_db(transaction=True, available_apps=["crm"])
    def test_a_narrow_character_set_is_refused(self) -> None:
        quoted = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE narrow (name VARCHAR(9)) CHARACTER SET latin1")
            cursor.execute(f"ALTER DATABASE {quoted} CHARACTER SET latin1")
            try:
                assert found() == ["crm.E001", "crm.E002"]
            finally:
                cursor.execute("DROP TABLE narrow")
                cursor.execute(f"ALTER DATABASE {quoted} CHARACTER SET utf8mb4")
