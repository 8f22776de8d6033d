"""Transactions that run again when they lose a race for a lock."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 8
# MySQL, MariaDB: row changed since it was read, lock wait timeout, deadlock; PostgreSQL: the same, in its own words
LOST_RACES = {1020, 1205, 1213, "40001", "55P03", "40P01"}
SQLITE_BUSY = "database is locked"


def in_transaction(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a verb as one transaction, and again when it lost a race for a lock.

    Inside a transaction of the caller it runs once: only the outermost transaction can be repeated.
    """

    @wraps(verb)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        attempts = 1 if connection.in_atomic_block else ATTEMPTS
        for attempt in range(1, attempts + 1):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                if attempt == attempts or not _lost_race(error):
                    raise
                time.sleep(random.uniform(0.5, 1) * min(0.02 * 2**attempt, 0.5))  # noqa: S311 - no secret
        raise AssertionError  # pragma: no cover - the loop returns or raises

    return wrapper


def _lost_race(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlstate", None) or (error.args and error.args[0])
    return code in LOST_RACES or SQLITE_BUSY in str(error)
