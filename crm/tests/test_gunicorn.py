"""What gunicorn is told; that its workers serve, restart and count together is in graceful/."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("allowance", "expected"),
    [("max 100000", ALLOWED), ("20000 100000", 1), ("100000 100000", 1), ("99900000 100000", ALLOWED), ("", ALLOWED)],
)
def test_workers_follow_the_quota_of_the_container(tmp_path: Path, allowance: str, expected: int) -> None:
    cpus = runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))["cpus"]
    file = tmp_path / "cpu.max"
    assert cpus(file) == ALLOWED, "a machine without cgroups"
    file.write_text(f"{allowance}\n")
    assert cpus(file) == expected


@pytest.mark.parametrize(
    ("engine", "given", "expected"),
    [
        ("mysql", {"charset": "utf8mb4"}, {"charset": "utf8mb4", "read_timeout": 30, "write_timeout": 30}),
        ("mysql", {"read_timeout": 5}, {"read_timeout": 5, "write_timeout": 30}),
        ("postgresql", {}, {"tcp_user_timeout": 30_000, "options": "-c statement_timeout=30s"}),
        ("sqlite3", {}, {}),
    ],
)
def test_requests_do_not_wait_for_a_database_for_ever(
    engine: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    database = {"ENGINE": f"django.db.backends.{engine}", "OPTIONS": given}
    runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))["be_impatient"](database)
    assert database["OPTIONS"] == expected
