"""The relay: takes events out of the outbox, oldest first, and marks them published once they have been passed on.

Rows are found by `published_at IS NULL`, not by "newer than the last": of two transactions at once the one with the
lower id may commit later. The order that a key needs holds all the same, because whoever emits holds the aggregate's
row lock until the commit. One relay is at work; any number stand by (events/lease.py). Should two overlap for a moment,
each passes events on in order and an event is passed over only when it has arrived: what comes of it is a repetition.
"""

import time
from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import Protocol

import structlog
from django.db import Error, close_old_connections
from django.utils import timezone

from events import consumers, letters, metrics
from events.clock import Clock
from events.lease import BEAT, PATIENCE, Post
from events.models import Event
from events.transactions import in_transaction

log = structlog.stdlib.get_logger(__name__)

BATCH = 1000
IDLE = 0.3
REPORT = 10.0
LONGEST_PAUSE = 15.0


class Transport(Protocol):
    def pass_on(self, events: Sequence[Event], may_wait: Callable[[], bool]) -> list[int]:
        """The keys of the events that have arrived; waits for the rest as long as `may_wait()` says so."""

    def look_after(self, may_go_on: Callable[[], bool]) -> int:
        """What the transport does between batches; how much it was."""


class LocalTransport:
    """Runs the consumers itself: `inline`, of which the relay takes what was left, and `local`."""

    def pass_on(self, events: Sequence[Event], may_wait: Callable[[], bool]) -> list[int]:
        done: list[int] = []
        for start in range(0, len(events), 100):
            if not may_wait():
                break
            batch = events[start : start + 100]
            consumers.deliver(batch)
            done += [event.pk for event in batch]
        return done

    def look_after(self, may_go_on: Callable[[], bool]) -> int:
        return consumers.retry_due() + letters.send_due(may_go_on)


class Relay:
    def __init__(self, transport: Transport, stopping: Signal) -> None:
        self.transport, self.stopping = transport, stopping
        self.post, self.clock = Post("relay"), Clock()
        self.passed_on = self.reported = 0
        self.reported_at = time.monotonic()
        self.was_at_work: bool | None = None

    def run(self) -> None:
        """Until told to stop. A database that is away is waited for."""
        pause = IDLE
        while not self.stopping.is_set():
            try:
                close_old_connections()
                pause = self._turn()
            except Error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.exception("the relay waits for the database", seconds=pause)
            self.stopping.wait(pause)
        self.post.leave()

    def run_once(self) -> bool:
        """Do all that is to be done now, letters too, and stop; False when another relay is at work."""
        patience = time.monotonic() + PATIENCE + 2 * BEAT  # as long as it takes to see whether the holder is alive
        while not self.post.hold():
            if time.monotonic() > patience:
                return False
            self.stopping.wait(BEAT)
        try:
            self.clock.tick()
            while self._may_go_on() and self._do_some():
                pass
        finally:
            self.post.leave()
        return True

    def _turn(self) -> float:
        """One turn of the loop; how long to rest after it."""
        if not self._is_at_work():
            return BEAT
        self.clock.tick()
        done = self._do_some()
        self._report()
        return 0 if done else IDLE

    def _do_some(self) -> int:
        return self._pass_on_batch() + self.transport.look_after(self._may_go_on)

    def _is_at_work(self) -> bool:
        held = self.post.hold()
        if held is not self.was_at_work:
            self.was_at_work = held
            log.info("the relay is at work" if held else "the relay stands by", relay=self.post.me)
        return held

    def _pass_on_batch(self) -> int:
        events = list(Event.objects.unpublished()[:BATCH])
        if not events:
            return 0
        done = self.transport.pass_on(events, self._may_go_on)
        _mark_published(done)
        self.passed_on += len(done)
        metrics.PASSED_ON.inc(len(done))
        return len(done)

    def _may_go_on(self) -> bool:
        self._report()
        return not self.stopping.is_set() and self.post.hold()

    def _report(self) -> None:
        """Progress and lag: a line in the log now and then while there is something to say."""
        if time.monotonic() - self.reported_at < REPORT:
            return
        self.reported_at = time.monotonic()
        waiting, seconds = Event.objects.lag()
        if waiting or self.passed_on != self.reported:
            log.info("relay", passed_on=self.passed_on, waiting=waiting, oldest_seconds=round(seconds, 1))
        self.reported = self.passed_on


@in_transaction
def _mark_published(keys: list[int]) -> None:
    Event.objects.filter(pk__in=keys).update(published_at=timezone.now())
