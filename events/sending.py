"""Who sends under `inline`: a thread of the process whose transaction wrote the letter, so that no request waits.

One thread at most, started by a commit and gone when nothing is due. A process that ends finishes the letter in hand
and leaves the others to the next commit, here or elsewhere, and to the relay: each is a row until the server has it.
"""

import threading
from collections.abc import Callable

import structlog
from django.core.mail import get_connection
from django.db import connections

from events.smtp import EmailBackend

log = structlog.stdlib.get_logger(__name__)


class Sender:
    def __init__(self, send_due: Callable[[Callable[[], bool]], int]) -> None:
        self._send_due = send_due
        self._guard = threading.Lock()
        self._is_asked = self._is_at_work = False

    def wake(self) -> None:
        """Send soon; at once where no server is waited for, such as on the console."""
        if isinstance(get_connection(), EmailBackend):
            self._wake_thread()
        else:
            self._send()

    def _wake_thread(self) -> None:
        with self._guard:
            self._is_asked = True
            if self._is_at_work:
                return
            self._is_at_work = True
        threading.Thread(target=self._work, name="letters").start()

    def _work(self) -> None:
        try:
            while self._has_work():
                self._send()
        finally:
            connections.close_all()

    def _has_work(self) -> bool:
        """Whoever asks after this has said no starts a new thread: no letter falls between the two."""
        with self._guard:
            self._is_asked, self._is_at_work = False, self._is_asked
            return self._is_at_work

    def _send(self) -> None:
        try:
            while self._send_due(threading.main_thread().is_alive):
                pass
        except Exception:
            log.exception("letters wait for the next commit or the relay")
