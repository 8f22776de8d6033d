"""What is to be done from time to time: the relay does it, once an hour and on each `relay_events --once`."""

import time
from collections.abc import Callable

import structlog

log = structlog.stdlib.get_logger(__name__)

Job = Callable[[], None]
HOUR = 3600.0
MORNING = 9  # the hour, where the reader's organisation is, from which reminders are written
_jobs: list[Job] = []


def hourly(job: Job) -> Job:
    """Register a job that may run at any time and any number of times: what it has done it does not do again."""
    _jobs.append(job)
    return job


class Clock:
    def __init__(self) -> None:
        self.struck: float | None = None

    def tick(self) -> None:
        """Run the jobs when an hour has passed. One that fails stops no other."""
        if self.struck is not None and time.monotonic() - self.struck < HOUR:
            return
        self.struck = time.monotonic()
        for job in _jobs:
            try:
                job()
            except Exception:
                log.exception("job failed", job=f"{job.__module__}.{job.__name__}")
