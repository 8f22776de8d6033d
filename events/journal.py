"""The consumer `log`: a line for each event, with nothing personal in it."""

import structlog

from events.consumers import EVERYTHING, consumes
from events.models import Event

log = structlog.stdlib.get_logger(__name__)


@consumes("log", EVERYTHING)
def write_down(event: Event) -> None:
    log.info(
        "event",
        type=event.type,
        key=event.key,
        event_id=str(event.event_id),
        actor_id=event.payload.get("actor_id"),
    )
