"""Empty databases beside the test's own, and `manage.py` over them as an operator runs it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

NAMES = ["backup_from", "backup_to"]
Manage = Callable[..., subprocess.CompletedProcess[str]]


def environment(url: str) -> dict[str, str]:
    return os.environ | {"DJANGO_SETTINGS_MODULE": "crm.test_settings", "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}


def _manage(url: str, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *args]
    ended = subprocess.run(
        command, env=environment(url), cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=180
    )
    assert ended.returncode == expect, f"{args}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    return ended


@pytest.fixture
def manage() -> Manage:
    """`manage(url, "backup", path)` asserts the exit status."""
    return _manage


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
