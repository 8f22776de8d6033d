"""What Prometheus reads of the events: the relay's own count, and the state of the tables at the moment of asking."""

from collections.abc import Iterator

from prometheus_client import Counter
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from events.models import Event, Letter, UnhandledEvent

PASSED_ON = Counter("events_passed_on", "Events that this process has passed on from the outbox.")


class Tables(Collector):
    """Read from the database, so that it is the same whichever process is asked; nothing large is counted."""

    def describe(self) -> list[Metric]:
        """Nothing, so that no database is needed to be registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        waiting, seconds = Event.objects.lag()
        values = {
            "events_waiting": ("Events in the outbox that are not published; 10000 stands for more.", waiting),
            "events_waiting_seconds": ("Age of the oldest event that is not published.", seconds),
            "events_parked": ("Events that a consumer gave up.", UnhandledEvent.objects.parked().count()),
            "events_retried": ("Events that a consumer tries again.", UnhandledEvent.objects.waiting().count()),
        }
        for name, (meaning, value) in values.items():
            yield GaugeMetricFamily(name, meaning, value=value)
        letters = GaugeMetricFamily("letters", "Letters that are not sent, by state.", labels=["state"])
        for state in Letter.State:
            if state != Letter.State.SENT:
                letters.add_metric([state], Letter.objects.filter(state=state)[:10_000].count())
        yield letters
