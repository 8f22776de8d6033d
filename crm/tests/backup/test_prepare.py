"""Replicas that start together: one migrates, the others wait, and none starts on half a database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.tests.conftest import Manage

pytestmark = [pytest.mark.backup, pytest.mark.django_db(transaction=True)]


def test_of_three_that_start_together_one_migrates(manage: Manage, two_databases: tuple[str, str]) -> None:
    url, _other = two_databases
    with ThreadPoolExecutor(3) as pool:
        said = [ended.stdout for ended in pool.map(lambda _: manage(url, "prepare"), range(3))]
    assert sorted("Applying" in output for output in said) == [False, False, True]
    manage(url, "migrate", "--check")


def test_a_migration_that_fails_stops_the_start_and_is_named(manage: Manage, two_databases: tuple[str, str]) -> None:
    url, _other = two_databases
    ready = "from django.test import Client; print(Client(headers={'host': 'localhost'}).get('/health/ready').content)"
    manage(url, "migrate", "feedback", "zero")
    manage(url, "migrate", "courses")
    in_the_way = (
        "from django.db import connection; connection.cursor().execute('CREATE TABLE feedback_feedback (id int)')"
    )
    manage(url, "shell", "--command", in_the_way)
    assert "feedback_feedback" in manage(url, "prepare", expect=1).stderr
    answer = manage(url, "shell", "--verbosity", "0", "--command", ready).stdout
    assert "feedback.0001_initial" in answer
    assert "courses.0001_initial" not in answer
