"""How many workers a container gets; that they serve, restart and count together is in graceful/."""

import os
import runpy
from pathlib import Path

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
