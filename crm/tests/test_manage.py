"""What an operator reads when the database is not what a command needs: a line, and status 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.sweep


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["check_seats"], "manage.py prepare"),
        (["relay_events", "--once"], "manage.py prepare"),
        (["purge_events", "--older-than", "30d"], "manage.py prepare"),
        (["backup", "school.zip"], "CommandError: The database is empty"),
        (["check_seats", "--traceback"], "Traceback"),
    ],
)
def test_a_database_without_tables(tmp_path: Path, command: list[str], said: str) -> None:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "crm.test_settings",
        "DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3",
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    ended = subprocess.run(manage, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert ("Traceback" in ended.stderr) == ("--traceback" in command)
    assert not (tmp_path / "school.zip").exists()
