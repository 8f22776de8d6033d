"""The relay's post, the purge, the clock: what keeps the outbox going for years."""

import time
from datetime import timedelta
from threading import Event as Signal
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from events import clock, lease
from events.lease import Post
from events.models import Event, HandledEvent, Letter, UnhandledEvent
from events.privacy import forget
from events.relay import LocalTransport, Relay

pytestmark = pytest.mark.django_db


def test_one_process_holds_a_post_and_a_standby_gets_it_when_the_holder_leaves() -> None:
    first, second = Post("relay"), Post("relay")
    assert [first.hold(), second.hold(), first.hold()] == [True, False, True]
    first.leave()
    assert second.hold()


def test_a_holder_that_is_silent_loses_its_post_to_one_standby_and_learns_it(monkeypatch: pytest.MonkeyPatch) -> None:
    holder, standbys = Post("relay"), [Post("relay"), Post("relay")]
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert holder.hold()
    assert [one.hold() for one in standbys] == [False, False]
    now += lease.PATIENCE - 1
    assert holder.hold(), "it renews"
    now += 2
    assert [one.hold() for one in standbys] == [False, False], "the beat has changed"
    now += lease.PATIENCE
    assert sorted(one.hold() for one in standbys) == [False, True]
    assert not holder.hold()


@pytest.mark.parametrize("rival_stands_by", [True, False])
def test_between_the_look_and_the_grasp_somebody_else_may_be_quicker(
    monkeypatch: pytest.MonkeyPatch, rival_stands_by: bool
) -> None:
    """Another standby takes the post, or its holder was only slow: either way this standby does not get it."""
    holder, slow, rival = Post("relay"), Post("relay"), Post("relay")
    holder.hold()
    slow.hold()
    rival.hold()
    later = time.monotonic() + lease.PATIENCE + 1

    def look_at_the_clock() -> float:
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert (rival if rival_stands_by else holder).hold()
        return later

    monkeypatch.setattr(time, "monotonic", look_at_the_clock)
    assert not slow.hold()


@pytest.mark.sweep
def test_a_relay_that_runs_once_leaves_the_work_to_one_that_is_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, relay = Post("relay"), Relay(LocalTransport(), Signal())
    busy.hold()
    monkeypatch.setattr(relay.stopping, "wait", lambda seconds: busy._renew())
    monkeypatch.setattr("events.relay.PATIENCE", -1.9)
    assert relay.run_once() is False
    busy.leave()
    assert relay.run_once() is True


def test_an_event_that_is_committed_late_with_a_lower_id_is_passed_on() -> None:
    """Ids are given when a row is written, and transactions end in any order."""
    relay = Relay(LocalTransport(), Signal())
    relay.post.hold()
    for pk in (100, 50):
        Event.objects.create(pk=pk, type="course.archived", topic="course-events", key="7", payload=ARCHIVED)
        assert relay._pass_on_batch() == 1
    assert not Event.objects.unpublished().exists()


def test_a_purge_takes_what_is_over_and_leaves_what_is_needed() -> None:
    old, new = timezone.now() - timedelta(days=31), timezone.now() - timedelta(days=29)
    told = {"type": "course.archived", "topic": "course-events", "key": "7"}
    Event.objects.bulk_create(
        Event(**told, payload={}, created_at=at, published_at=published)
        for at, published in [(old, old), (old, new), (new, new), (new, None)]
    )
    for at in (old, new):
        HandledEvent.objects.create(consumer="log", event_id=uuid4(), handled_at=at)
        for state in Letter.State:
            Letter.objects.create(key=f"{state}{at}", state=state, created_at=at)
    UnhandledEvent.objects.create(**told, consumer="log", event_id=uuid4(), body={}, kept_at=old)
    call_command("purge_events", older_than="30d")
    assert [row.published_at for row in Event.objects.order_by("id")] == [new, new, None]
    assert [mark.handled_at for mark in HandledEvent.objects.all()] == [new]
    assert Letter.objects.filter(created_at=old).count() == len(Letter.State) - 1
    assert Letter.objects.filter(created_at=new).count() == len(Letter.State)
    assert UnhandledEvent.objects.exists()


def test_marks_stay_while_an_event_of_their_time_waits() -> None:
    ages = [timezone.now() - timedelta(days=days) for days in (50, 40)]
    Event.objects.create(type="course.archived", topic="t", key="7", payload=ARCHIVED, created_at=ages[1])
    for at in (ages[0], ages[1] + timedelta(hours=1)):
        HandledEvent.objects.create(consumer="log", event_id=uuid4(), handled_at=at)
    call_command("purge_events", older_than="30d")
    assert [mark.handled_at for mark in HandledEvent.objects.all()] == [ages[1] + timedelta(hours=1)]


ARCHIVED = {"course_id": 7, "title": "Вязание", "actor_id": None}


@pytest.mark.sweep
@pytest.mark.parametrize("text", ["30", "d", "0d", "1.5d", "30 days", "99999d", "٣d", "", "1d"])
def test_an_age_that_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="--older-than must be"):
        call_command("purge_events", older_than=text)


def test_a_name_is_forgotten_in_the_outbox_and_in_what_waits_or_was_parked() -> None:
    told = {"type": "user.created", "topic": "user-events", "key": "7"}
    named = {"user_id": 7, "email": "julia@school.example", "name": "Юлия", "age": 30, "is_admin": False}
    named |= {"actor_id": None}
    Event.objects.create(**told, payload=named)
    for body in (named, {"message": "{julia@school.example"}):
        UnhandledEvent.objects.create(**told, consumer="mail", event_id=uuid4(), body=body)
    UnhandledEvent.objects.create(**told | {"key": "8"}, consumer="mail", event_id=uuid4(), body=named)
    forget(topic="user-events", key=7)
    forgotten = named | {"email": "", "name": ""}
    assert Event.objects.get().payload == forgotten
    bodies = list(UnhandledEvent.objects.order_by("id").values_list("body", flat=True))
    assert bodies == [forgotten, {"message": ""}, named]


def test_a_purge_leaves_the_letters_of_yesterday_that_say_what_is_written_already() -> None:
    with pytest.raises(CommandError, match="at least 2d"):
        call_command("purge_events", older_than="12h")
    call_command("purge_events", older_than="48h")


def test_a_job_that_fails_stops_no_other_and_jobs_run_once_an_hour(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ConnectionError

    monkeypatch.setattr(clock, "_jobs", [fail, lambda: done.append("job")])
    ticking, now = clock.Clock(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for now in (10.0, 20.0, 3600.0, 3611.0):  # noqa: B007 - the clock above reads it
        ticking.tick()
    assert done == ["job", "job"]
    assert "job failed" in caplog.text
