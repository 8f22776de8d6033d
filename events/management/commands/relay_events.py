from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily

from events import metrics
from events.process import until_told_to_stop
from events.relay import LocalTransport, Relay, Transport


class TablesOfAThread(metrics.Tables):
    """Prometheus' little server answers each question in a thread of its own, which would keep its connection."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            yield from super().collect()
        finally:
            connections.close_all()


class Command(BaseCommand):
    help = (
        "Pass events on from the outbox: to Kafka, or else to the consumers, whose retries and letters it looks after "
        "too. One relay is at work; further ones stand by and take over within seconds. SIGTERM ends it gracefully."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="pass on what waits now and stop: for cron")
        parser.add_argument("--metrics-port", type=int, metavar="PORT", help="serve Prometheus' text on this port")
        parser.add_argument("--metrics-address", default="127.0.0.1", metavar="ADDRESS", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["metrics_port"]:
            _serve_metrics(options["metrics_port"], options["metrics_address"])
        with until_told_to_stop() as stopping:
            relay = Relay(_transport(), stopping)
            if not options["once"]:
                relay.run()
            elif not relay.run_once():
                self.stdout.write("Another relay is at work.")


def _transport() -> Transport:
    if settings.EVENTS_TRANSPORT == "kafka":
        return import_module("events.kafka").KafkaTransport()  # type: ignore[no-any-return]
    return LocalTransport()


def _serve_metrics(port: int, address: str) -> None:
    REGISTRY.register(TablesOfAThread())
    try:
        start_http_server(port, address)
    except (OSError, OverflowError) as error:
        message = f"Metrics cannot be served on {address} port {port}: {error}"
        raise CommandError(message) from error
