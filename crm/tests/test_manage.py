"""What an operator reads when the database is not what a command needs: a line, and status 1."""

from pathlib import Path

import pytest

from crm.tests.conftest import Manage

pytestmark = pytest.mark.sweep


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("check_seats", "manage.py prepare"),
        ("relay_events --once", "manage.py prepare"),
        ("purge_events --older-than 30d", "manage.py prepare"),
        ("backup {folder}/school.zip", "CommandError: The database is empty"),
        ("check_seats --traceback", "Traceback"),
    ],
)
def test_a_database_without_tables(manage: Manage, tmp_path: Path, command: str, said: str) -> None:
    words = command.format(folder=tmp_path).split()
    told = manage(f"sqlite:///{tmp_path}/new.sqlite3", *words, expect=1).stderr
    assert said in told
    assert ("Traceback" in told) == ("--traceback" in words)
    assert not (tmp_path / "school.zip").exists()
