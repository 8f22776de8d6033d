"""Events are one with the transaction that they tell of."""

from typing import Any

import pytest
from django.db import transaction

from events import outbox
from events.models import Event


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a subscriber (in the transaction) and a consumer (after it) hear of course.created."""
    said: list[str] = []
    monkeypatch.setitem(outbox._subscribers, "course.created", [lambda event: said.append(f"in {event.key}")])
    monkeypatch.setitem(outbox._consumers, "course.created", [lambda event: said.append(f"after {event.key}")])
    return said


@pytest.mark.django_db(transaction=True, available_apps=["events"])
def test_subscribers_hear_at_once_and_consumers_after_the_commit(heard: list[str]) -> None:
    with transaction.atomic():
        outbox.emit("course.created", key=7, title="Вязание")
        assert heard == ["in 7"]
    assert heard == ["in 7", "after 7"]
    event = Event.objects.get()
    assert (event.topic, event.key, event.payload) == ("course-events", "7", {"title": "Вязание"})
    assert event.published_at is not None


@pytest.mark.django_db(transaction=True, available_apps=["events"])
def test_a_rolled_back_transaction_emits_nothing(heard: list[str]) -> None:
    with transaction.atomic():
        outbox.emit("course.created", key=7)
        transaction.set_rollback(True)
    assert heard == ["in 7"]
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True, available_apps=["events"])
def test_a_failing_consumer_fails_no_request_and_leaves_the_event_in_the_outbox(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(event: Event) -> None:
        raise ConnectionError

    monkeypatch.setitem(outbox._consumers, "course.created", [fail])
    with transaction.atomic():
        outbox.emit("course.created", key=7)
    assert Event.objects.get().published_at is None
    assert "Error calling" in caplog.text


@pytest.mark.django_db(transaction=True, available_apps=["events"])
def test_an_event_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.emit("course.created", key=7)
    assert not Event.objects.exists()
