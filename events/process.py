"""A process that runs until it is told to stop."""

import signal
from threading import Event as Signal
from typing import Any


def stop_on_signals() -> Signal:
    """Set by SIGTERM or Ctrl-C; whoever looks at it finishes what is in hand."""
    stopping = Signal()

    def stop(*args: Any) -> None:
        stopping.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    return stopping
