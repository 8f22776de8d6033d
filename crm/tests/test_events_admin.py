"""Superusers see events, replay what was parked and decide on letters in doubt; nobody else does."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.access import Role
from accounts.factories import UserFactory, member
from accounts.models import Organization, User
from events import consumers
from events.models import Event, HandledEvent, Letter, UnhandledEvent
from events.outbox import emit

Browse = Callable[..., Client]
LISTS = ("event", "unhandledevent", "letter")


@pytest.fixture
def root(db: None) -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def happened() -> Event:
    with transaction.atomic():
        return emit("course.archived", key=7, course_id=7, title="Вязание")


def test_an_owner_of_an_organisation_sees_none_of_it(school: Organization, browse: Browse) -> None:
    owner = browse(member(Role.OWNER, school))
    for name in LISTS:
        assert owner.get(f"/admin/events/{name}/").status_code == 403


def test_events_are_shown_with_the_lag_and_cannot_be_changed(root: User, browse: Browse) -> None:
    event, page = happened(), browse(root)
    Event.objects.exclude(pk=event.pk).update(published_at=timezone.now())
    shown = page.get("/admin/events/event/?published=no&type=course.archived")
    assert shown.context["subtitle"].startswith("Waiting to be published: 1, the oldest for ")
    assert [row.pk for row in shown.context["cl"].result_list] == [event.pk]
    assert "Вязание" in page.get(f"/admin/events/event/{event.pk}/change/").content.decode()
    assert page.post(f"/admin/events/event/{event.pk}/change/", {"key": "8"}).status_code == 403
    assert page.get("/admin/events/event/add/").status_code == 403
    assert page.post(f"/admin/events/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_parked_event_is_replayed(root: User, browse: Browse) -> None:
    event, page = happened(), browse(root)
    parked = UnhandledEvent.objects.create(
        consumer="log", event_id=event.event_id, type=event.type, topic=event.topic, key=event.key, body=event.body,
        attempts=8, error="ValueError: poison", due_at=None,
    )  # fmt: skip
    shown = page.get("/admin/events/unhandledevent/?state=parked")
    assert shown.context["subtitle"] == "Parked: 1"
    assert "ValueError: poison" in shown.content.decode()
    page.post("/admin/events/unhandledevent/", {"action": "replay", "_selected_action": [parked.pk]})
    assert consumers.retry_due() == 1
    assert not UnhandledEvent.objects.exists()
    assert HandledEvent.objects.get().event_id == event.event_id


def test_a_person_decides_on_letters_that_nobody_knows_about(root: User, browse: Browse) -> None:
    page, states = browse(root), Letter.State
    for state in states:
        Letter.objects.create(key=state, to="a@school.example", subject=state, text="a secret link", state=state)
    everything = list(Letter.objects.values_list("pk", flat=True))
    shown = page.get("/admin/events/letter/")
    assert shown.context["subtitle"] == "In doubt: 1, refused: 1"
    assert "a secret link" not in page.get(f"/admin/events/letter/{everything[0]}/change/").content.decode()
    page.post("/admin/events/letter/", {"action": "take_as_sent", "_selected_action": everything})
    page.post("/admin/events/letter/", {"action": "send_again", "_selected_action": everything})
    now = dict(Letter.objects.values_list("key", "state"))
    assert now == {
        states.WAITING: states.WAITING,
        states.SENDING: states.SENDING,
        states.SENT: states.SENT,
        states.REFUSED: states.WAITING,
        states.IN_DOUBT: states.SENT,
    }
    assert Letter.objects.get(key=states.IN_DOUBT).text == ""


def test_the_lists_count_no_table_and_ask_the_same_however_long_they_are(
    root: User, browse: Browse, django_assert_num_queries: Callable[..., object]
) -> None:
    page = browse(root)
    for _ in range(3):
        happened()
    page.get("/admin/events/event/")
    with django_assert_num_queries(7) as queries:  # type: ignore[attr-defined]
        page.get("/admin/events/event/")
    counting = [query["sql"] for query in queries if "COUNT" in query["sql"]]
    assert counting
    assert all("LIMIT 10000" in sql for sql in counting)
