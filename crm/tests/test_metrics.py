"""GET /metrics is there only when it is switched on, and tells of requests and of what waits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory

from crm import metrics
from crm.tests.conftest import GOOD
from events.outbox import emit


def test_by_default_there_is_no_such_page(db: None, browse: Callable[..., Client], start: Callable[..., Any]) -> None:
    assert browse().get("/metrics").status_code == 404
    assert "crm.metrics.timed" not in start()["MIDDLEWARE"]
    assert start(**GOOD | {"METRICS": "on"})["MIDDLEWARE"][0] == "crm.metrics.timed"


@pytest.mark.django_db
def test_it_tells_of_requests_and_of_what_waits() -> None:
    with transaction.atomic():
        emit("course.archived", key=7, course_id=7, title="Вязание")
    asked = RequestFactory()
    metrics.timed(metrics.show)(asked.generic("HEAD", "/metrics"))
    metrics.timed(metrics.show)(asked.generic("INVENTED", "/metrics"))
    text = metrics.show(asked.get("/metrics")).content.decode()
    assert "\nevents_waiting 1.0\n" in text
    assert '\nhttp_request_seconds_count{method="HEAD",status="200"} 1.0\n' in text
    assert '\nhttp_request_seconds_count{method="OTHER",status="405"} 1.0\n' in text
    for name in ("events_waiting_seconds", "events_parked 0.0", 'letters{state="in_doubt"} 0.0'):
        assert f"\n{name}" in text
