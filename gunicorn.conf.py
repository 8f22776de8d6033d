"""How the web server runs; gunicorn reads this file where it starts, and options of its command line win."""

import os
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connections
from gunicorn.workers.gthread import ThreadWorker
from prometheus_client import values

from crm import env

DEAF_TO = {"X-FORWARDED-FOR", "X-FORWARDED-HOST", "X-FORWARDED-PORT", "X-FORWARDED-PROTO", "FORWARDED"}


def cpus(allowance: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Those that this process may use: a container's quota is often less than what the machine has."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = allowance.read_text().split()
    except (OSError, ValueError):
        return allowed
    return allowed if quota == "max" else max(1, min(allowed, round(int(quota) / int(period))))


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Lets go of the listening socket as soon as it stops accepting.

    gunicorn's own keeps it until its last request is over: the kernel goes on taking connections that nobody will
    answer, where a refusal would make the proxy ask another replica.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        if self.alive:
            super().set_accept_enabled(enabled)
        elif self._accepting:
            super().set_accept_enabled(False)
            for listener in self.sockets:
                self._take_waiting(listener)
                listener.close()

    def _take_waiting(self, listener: Any) -> None:
        """Connections that the kernel has taken already are answered too."""
        before = -1
        while before != self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


# A worker per CPU, threads for those that wait for the database: workers × threads connections to it per replica.
workers = env.whole("WEB_CONCURRENCY", default=max(2, cpus()), low=1, high=1000)
threads = 4
worker_class = Worker
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - heartbeats; a disk may stall them
preload_app = True
# A slow leak never grows old, and the workers do not start anew at the same moment.
max_requests, max_requests_jitter = 5000, 500
timeout = graceful_timeout = 30
control_socket_disable = True  # nobody asks it, and a container's root is read-only
keepalive = 75  # longer than a proxy keeps an idle connection, so that it never sends into a closed one
forwarded_allow_ips = env.env.str("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
forwarder_headers = ""  # no proxy of ours says SCRIPT_NAME, so whoever does hides the path from rules about paths
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    # A file for each place of a worker, or every worker that retires would leave its own to be read for ever.
    values.ValueClass = values.MultiProcessValue(lambda: os.environ.get("WORKER_PLACE", "master"))  # type: ignore[no-untyped-call]


def pre_fork(server: Any, worker: Any) -> None:
    """Two processes must never speak through one connection: what loading the code has opened is closed."""
    connections.close_all()
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in count() if place not in taken)


def post_fork(server: Any, worker: Any) -> None:
    os.environ["WORKER_PLACE"] = str(worker.place)
    be_impatient(connections.settings["default"])


def be_impatient(database: dict[str, Any]) -> None:
    """A server that hangs must not hold every thread: commands may wait for it, requests end like a stuck worker."""
    limits: dict[str, Any] = {}
    if database["ENGINE"].endswith("mysql"):
        limits = {"read_timeout": timeout, "write_timeout": timeout}
    elif database["ENGINE"].endswith("postgresql"):
        limits = {"tcp_user_timeout": timeout * 1000, "options": f"-c statement_timeout={timeout}s"}
    database["OPTIONS"] = limits | database["OPTIONS"]  # what DATABASE_URL says goes first


def pre_request(worker: Any, request: Any) -> None:
    """What anybody but a trusted proxy says of where a request came from is not heard."""
    if not request._peer_is_trusted_proxy():
        request.headers = [(name, value) for name, value in request.headers if name not in DEAF_TO]
