"""A post that one process holds while others stand by; on any database, and without trusting anybody's clock.

The holder raises `beat` every second. A standby that sees neither the holder nor the beat change for PATIENCE by its
own clock takes the post with one conditional UPDATE, which one of several standbys wins. A holder that was only slow
learns from its next UPDATE that it holds the post no longer.
"""

import os
import socket
import time
import uuid

from django.db.models import F

from events.models import Lease

BEAT = 1.0
PATIENCE = 5.0


class Post:
    def __init__(self, name: str) -> None:
        self.name = name
        self.me = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:16]}"
        self.is_mine = False
        self.renewed = 0.0
        self.seen: tuple[str, int] | None = None
        self.seen_at = 0.0

    def hold(self) -> bool:
        """Whether this process holds the post; renews it, or takes it when it is free. Cheap: call it often."""
        if self.is_mine and time.monotonic() - self.renewed < BEAT:
            return True
        self.is_mine = self._renew() if self.is_mine else self._take_if_free()
        self.renewed = time.monotonic()
        return self.is_mine

    def leave(self) -> None:
        """Let a standby take over at once."""
        if self.is_mine:
            Lease.objects.filter(name=self.name, holder=self.me).update(holder="", beat=F("beat") + 1)
        self.is_mine = False

    def _renew(self) -> bool:
        return bool(Lease.objects.filter(name=self.name, holder=self.me).update(beat=F("beat") + 1))

    def _take_if_free(self) -> bool:
        lease, _new = Lease.objects.get_or_create(name=self.name)
        now = (lease.holder, lease.beat)
        if now != self.seen:
            self.seen, self.seen_at = now, time.monotonic()
        if lease.holder and time.monotonic() - self.seen_at < PATIENCE:
            return False
        unchanged = Lease.objects.filter(name=self.name, holder=lease.holder, beat=lease.beat)
        return bool(unchanged.update(holder=self.me, beat=F("beat") + 1))
