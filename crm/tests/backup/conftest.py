"""Empty databases beside the test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

NAMES = ["backup_from", "backup_to"]


@pytest.fixture
def two_databases(transactional_db: None, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of two empty databases."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / NAMES[0]}", f"sqlite:///{tmp_path / NAMES[1]}"
        return
    server, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
    try:
        _each("DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}")
        yield f"{server}/{NAMES[0]}", f"{server}/{NAMES[1]}"
    finally:
        _each("DROP DATABASE IF EXISTS {}")


def _each(*statements: str) -> None:
    with connection.cursor() as cursor:
        for name in NAMES:
            for statement in statements:
                cursor.execute(statement.format(name))
