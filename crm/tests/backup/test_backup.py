"""A backup is of one moment, however busy the school is, and what is restored from it is the same school."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.db import connection

from crm.backup import archive
from crm.tests.conftest import Manage, environment

pytestmark = [pytest.mark.backup, pytest.mark.django_db(transaction=True)]

WRITERS = 3
BUSY = """
import sys, django; django.setup()
from itertools import count
from accounts.factories import UserFactory
from courses.models import Course
from enrolments import services
course = Course.objects.get(slug="kak-vybrat-professiyu")
for n in count():
    user = UserFactory(email=f"busy-{sys.argv[1]}-{n}@school.example")
    enrolment = services.apply(course=course, by=user)
    if n % 3 == 0:
        services.cancel(enrolment=enrolment, by=user)
"""


@contextmanager
def busy(url: str) -> Iterator[None]:
    """Students apply and cancel as fast as they can, through the services."""
    writers = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(n)], env=environment(url), cwd=settings.BASE_DIR)
        for n in range(WRITERS)
    ]
    try:
        yield
        assert [writer.poll() for writer in writers] == [None] * WRITERS, "a writer has stopped"
    finally:
        for writer in writers:
            writer.terminate()
            writer.wait(timeout=20)


def rows(file: Path) -> dict[str, int]:
    with ZipFile(file) as zipped:
        counted: dict[str, int] = json.loads(zipped.read("manifest.json"))["rows"]
    return counted


def count(manage: Manage, url: str, what: str) -> int:
    return int(manage(url, "shell", "--verbosity", "0", "--command", f"print({what})").stdout)


APPLIED = "Event.objects.filter(type='enrolment.applied').values('key').distinct().count()"
WITHOUT_EVENT = (
    "Enrolment.objects.exclude(pk__in=[int(k) for k in Event.objects.values_list('payload__enrolment_id', flat=True)"
    " if k]).count()"
)
LOSES_A_DEAL = """
from django.utils.timezone import now
deal = Deal.objects.filter(is_open=True).first()
deal.status, deal.lost_at, deal.lost_reason = "lost", now(), "Дорого"
print(deal.is_open, end=" ")
deal.save(update_fields=["status", "lost_at", "lost_reason"])
print(Deal.objects.get(pk=deal.pk).is_open)
"""  # what the database generates, it goes on generating


def test_a_backup_under_writes_is_of_one_moment(manage: Manage, two_databases: tuple[str, str], tmp_path: Path) -> None:
    source, target = two_databases
    file = tmp_path / "school.zip"
    manage(source, "prepare")
    manage(source, "demo")
    before = count(manage, source, "Enrolment.objects.count()")
    with busy(source):
        while (at_start := count(manage, source, "Enrolment.objects.count()")) < before + 20:
            time.sleep(0.2)
        manage(source, "backup", str(file))
        at_end = count(manage, source, "Enrolment.objects.count()")
    assert at_start < at_end, "nobody wrote while the backup was made"
    assert file.stat().st_mode & 0o777 == 0o600
    said = manage(target, "restore", str(file)).stdout
    assert "every seat is accounted for" in said
    assert at_start <= rows(file)["enrolments_enrolment"] <= at_end
    assert count(manage, target, "Enrolment.objects.count()") == rows(file)["enrolments_enrolment"]
    assert count(manage, target, WITHOUT_EVENT) == 0, "an enrolment was kept without the event of its transaction"
    again = tmp_path / "again.zip"
    manage(target, "backup", str(again))
    assert rows(again) == rows(file)


def test_what_comes_back_is_what_there_was(
    manage: Manage, two_databases: tuple[str, str], tmp_path: Path, spied_dumps: Path
) -> None:
    source, target = two_databases
    file, broken = tmp_path / "school.zip", tmp_path / "broken.zip"
    manage(source, "prepare")
    manage(source, "demo")
    manage(source, "backup", str(file))
    assert_no_password(spied_dumps)
    assert "exists already" in manage(source, "backup", str(file), expect=1).stderr
    broken.write_bytes(file.read_bytes()[:-100])
    assert "damaged" in manage(target, "restore", str(broken), expect=1).stderr
    write_with_an_end_that_fails(file, broken)
    said = manage(target, "restore", str(broken), expect=1).stderr
    assert "as empty as before" in said
    assert "SELECT" not in said, "the statement holds people's data"
    manage(target, "restore", str(file))
    assert manage(target, "dumpdata", "--all").stdout == manage(source, "dumpdata", "--all").stdout
    assert manage(target, "shell", "--verbosity", "0", "--command", LOSES_A_DEAL).stdout == "True False\n"
    manage(target, "shell", "--verbosity", "0", "--command", "Organization.objects.create(name='Новая', slug='new')")
    assert "not empty" in manage(target, "restore", str(file), expect=1).stderr


def test_a_backup_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    database, folder = tmp_path / "school.sqlite3", tmp_path / "backups"
    folder.mkdir()
    with closing(sqlite3.connect(database)) as large:
        large.execute("CREATE TABLE large (data)")
        large.execute("INSERT INTO large VALUES (zeroblob(300000000))")
        large.commit()
    command = [sys.executable, "manage.py", "backup", str(folder / "school.zip")]
    running = subprocess.Popen(command, env=environment(f"sqlite:///{database}"), cwd=settings.BASE_DIR)
    while not list(tmp_path.glob("tmp*/copy.sqlite3")):
        assert running.poll() is None, "it was too quick"
    running.terminate()
    assert running.wait(timeout=20) == 128 + signal.SIGTERM
    assert [*folder.iterdir(), *tmp_path.glob("tmp*")] == []


def write_with_an_end_that_fails(file: Path, broken: Path) -> None:
    """A file that is whole, of a dump that no database takes to its end."""
    with ZipFile(file) as before:
        dump, manifest = before.read("dump"), json.loads(before.read("manifest.json"))
    dump = dump[: len(dump) // 2] if connection.vendor == "sqlite" else dump + b"\nSELECT * FROM nowhere;\n"
    broken.unlink()  # nothing is ever replaced
    archive.write(broken, [dump], manifest, lambda done: None)


@pytest.fixture
def spied_dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each program that dumps a database leaves the arguments it was started with."""
    seen, folder = tmp_path / "seen", tmp_path / "bin"
    folder.mkdir()
    for program in ("mariadb-dump", "mysqldump", "pg_dump"):
        spy = folder / program
        spy.write_text(f'#!/bin/sh\necho "{program} $*" >>"{seen}"\nPATH=${{PATH#*:}} exec {program} "$@"\n')
        spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return seen


def assert_no_password(seen: Path) -> None:
    """What everybody on the machine may read in the list of processes."""
    if connection.vendor == "sqlite":
        return
    user, password = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
    arguments = seen.read_text().replace(f"--user={user}", "").replace(f"-U {user}", "")
    assert "dump" in arguments
    assert password not in arguments
