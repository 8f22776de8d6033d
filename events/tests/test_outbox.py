"""Events are one with the transaction that they tell of."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from events import consumers, outbox
from events.models import Event, HandledEvent, UnhandledEvent

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["events"])

Said = list[str]
ARCHIVED: dict[str, Any] = {"key": 7, "course_id": 7, "title": "Вязание"}


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`handle(function)` makes it what the consumer `mail` does about course.archived; the only consumer there is."""

    def put(handler: consumers.Handler) -> None:
        monkeypatch.setattr(consumers, "_handlers", {"mail": {"course.archived": [handler]}})

    return put


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, handle: Callable[..., None]) -> Said:
    """What a subscriber (in the transaction) and a consumer (after it) hear of course.archived."""
    said: Said = []
    monkeypatch.setitem(outbox._subscribers, "course.archived", [lambda event: said.append(f"in {event.key}")])
    handle(lambda event: said.append(f"after {event.key}"))
    return said


def archive(**changes: Any) -> Event:
    with transaction.atomic():
        return outbox.emit("course.archived", **ARCHIVED | changes)


def test_subscribers_hear_at_once_and_consumers_after_the_commit(heard: Said) -> None:
    with transaction.atomic():
        archive()
        assert heard == ["in 7"]
    assert heard == ["in 7", "after 7"]
    event = Event.objects.get()
    assert (event.topic, event.key) == ("course-events", "7")
    assert event.payload == {"course_id": 7, "title": "Вязание", "actor_id": None}
    assert event.published_at is not None
    assert HandledEvent.objects.get().event_id == event.event_id


def test_a_body_is_flat_and_becomes_the_same_event_again() -> None:
    event = archive(actor_id=3)
    again = Event.from_body(topic=event.topic, key=event.key, body=event.body)
    assert event.body["timestamp"].endswith("Z")
    for name in ("type", "event_id", "topic", "key", "payload", "created_at"):
        assert getattr(again, name) == getattr(event, name)


def test_a_rolled_back_transaction_emits_nothing(heard: Said) -> None:
    with transaction.atomic():
        archive()
        transaction.set_rollback(True)
    assert heard == ["in 7"]
    assert not Event.objects.exists()


def test_an_event_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.emit("course.archived", **ARCHIVED)
    assert not Event.objects.exists()


def test_history_is_recorded_and_told_to_subscribers_alone(heard: Said) -> None:
    with outbox.history():
        archive()
    assert heard == ["in 7"]
    assert Event.objects.get().published_at is not None


def test_with_another_transport_the_event_waits_for_the_relay(heard: Said, settings: Any) -> None:
    settings.EVENTS_TRANSPORT = "local"
    archive()
    assert heard == ["in 7"]
    assert Event.objects.unpublished().exists()
    call_command("relay_events", once=True)
    assert heard == ["in 7", "after 7"]
    assert not Event.objects.unpublished().exists()


def test_what_a_dead_process_left_goes_before_the_next_event_of_its_key(
    handle: Callable[..., None], settings: Any
) -> None:
    said: Said = []
    handle(lambda event: said.append(event.payload["title"]))
    settings.EVENTS_TRANSPORT = "local"  # nobody runs the consumers: as if the process had died after its commit
    archive(title="first")
    archive(key=8, title="other")
    settings.EVENTS_TRANSPORT = "inline"
    with transaction.atomic():
        archive(title="second")
        archive(title="third")
    assert said == ["first", "second", "third"]
    assert Event.objects.unpublished().get().key == "8"


def test_an_event_that_is_delivered_again_is_handled_once(heard: Said) -> None:
    event = archive()
    consumers.deliver([event, event])
    Event.objects.update(published_at=None)
    call_command("relay_events", once=True)
    assert heard == ["in 7", "after 7"]


def test_an_event_that_two_processes_handle_at_once_is_handled_once(heard: Said, caplog: Any) -> None:
    """Both have seen that it is outstanding; the second finds the mark of the first."""
    late = consumers.Delivery("mail", archive())
    consumers._handle_once(late)
    assert not consumers._handled_together([late])
    assert heard == ["in 7", "after 7"]
    caplog.clear()
    consumers.deliver([late.event])
    assert caplog.text == "", "a repetition sends no batch one by one"


def test_what_a_failing_handler_wrote_is_undone_and_the_request_has_succeeded(handle: Callable[..., None]) -> None:
    def fail(event: Event) -> None:
        HandledEvent.objects.create(consumer="other", event_id=event.event_id)
        raise ConnectionError(event.key)

    handle(fail)
    archive()
    assert Event.objects.get().published_at is not None
    assert not HandledEvent.objects.exists()
    kept = UnhandledEvent.objects.get()
    assert (kept.consumer, kept.type, kept.attempts) == ("mail", "course.archived", 1)
    assert kept.error == "ConnectionError: 7"


def test_one_bad_event_of_a_batch_stops_no_other(handle: Callable[..., None], settings: Any) -> None:
    def fail_on_one(event: Event) -> None:
        if event.payload["title"] == "bad":
            raise ValueError

    settings.EVENTS_TRANSPORT = "local"
    handle(fail_on_one)
    events = [archive(key=number, title="bad" if number == 2 else "good") for number in range(4)]
    consumers.deliver(events)
    assert UnhandledEvent.objects.get().key == "2"
    assert set(HandledEvent.objects.values_list("event_id", flat=True)) == {events[n].event_id for n in (0, 1, 3)}


def make_due() -> None:
    UnhandledEvent.objects.waiting().update(due_at="2020-01-01T00:00Z")


def test_a_failure_is_tried_again_in_the_order_of_its_key_until_it_works(handle: Callable[..., None]) -> None:
    said: Said = []
    broken = True

    def handler(event: Event) -> None:
        if broken:
            raise ConnectionError
        said.append(event.payload["title"])

    handle(handler)
    archive(title="first")
    archive(title="second")
    assert [row.attempts for row in UnhandledEvent.objects.order_by("id")] == [1, 0]
    consumers.retry_due()
    assert UnhandledEvent.objects.count() == 2, "neither is due: the second waits for the first"
    broken = False
    archive(title="third")
    make_due()
    for _ in range(3):
        consumers.retry_due()
    assert said == ["first", "second", "third"]
    assert not UnhandledEvent.objects.exists()


def test_an_event_that_never_works_is_parked_and_holds_up_nobody(handle: Callable[..., None]) -> None:
    said: Said = []

    def handler(event: Event) -> None:
        if event.payload["title"] == "poison":
            raise ValueError(event.payload["title"])
        said.append(event.payload["title"])

    handle(handler)
    archive(title="poison")
    archive(title="next")
    for _ in range(UnhandledEvent.ATTEMPTS + 1):
        make_due()
        consumers.retry_due()
    assert said == ["next"]
    parked = UnhandledEvent.objects.parked().get()
    assert (parked.attempts, parked.error) == (UnhandledEvent.ATTEMPTS, "ValueError: poison")
    consumers.retry_due()
    assert UnhandledEvent.objects.get().attempts == UnhandledEvent.ATTEMPTS
