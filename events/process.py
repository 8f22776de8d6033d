"""A process that runs until it is told to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Signal
from typing import Any

TOLD_BY = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def until_told_to_stop() -> Iterator[Signal]:
    """A flag that SIGTERM or Ctrl-C raises; whoever looks at it finishes what is in hand."""
    stopping = Signal()

    def stop(*args: Any) -> None:
        stopping.set()

    before = {name: signal.signal(name, stop) for name in TOLD_BY}
    try:
        yield stopping
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
