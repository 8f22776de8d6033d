"""Timelines of the API, and /activities: what is logged, what is refused, and how it is found again."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import access
from accounts.models import Organization, User
from sales import timeline
from sales.factories import ActivityFactory, ContactFactory, DealFactory
from sales.models import Activity, Deal
from sales.services import contacts

Api = Callable[..., Any]


@pytest.mark.sweep
def test_what_was_done_outside_is_logged_in_its_timeline(school: Organization, manager: User, api: Api) -> None:
    contact, deal, client = ContactFactory(organization=school), DealFactory(organization=school), api(manager)
    ActivityFactory(organization=school)
    call = {"kind": "call", "happened_at": "2026-01-02T12:00:00+03:00", "minutes": 5}
    for path, of in ((f"/contacts/{contact.pk}", (contact, None)), (f"/deals/{deal.pk}", (deal.contact, deal))):
        body = client.call("post", f"{path}/timeline", 201, call)
        assert (body["kind"], body["happened_at"], body["minutes"]) == ("call", "2026-01-02T09:00:00Z", 5)
        assert body["author"] == {"id": manager.pk, "name": "Марина"}
        row = Activity.objects.get(pk=body["id"])
        assert (row.contact, row.deal) == of
        newest = client.call("post", f"{path}/timeline", 201, {"kind": "note", "text": "Перезвонить"})
        page = client.call("get", f"{path}/timeline", 200)
        assert page == {"next": None, "previous": None, "results": [newest, body]}
    assert [row["deal"]["id"] for row in client.call("get", f"/contacts/{deal.contact_id}/timeline", 200)["results"]] == [
        deal.pk, deal.pk,
    ]  # fmt: skip
    first = client.call("get", f"/deals/{deal.pk}/timeline?page_size=1", 200)
    second = client.call("get", first["next"].removeprefix("http://testserver/api/v1"), 200)
    assert [row["id"] for row in first["results"] + second["results"]] == [newest["id"], body["id"]]


def test_a_timeline_asks_the_table_about_its_lines_too(
    school: Organization, manager: User, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Today whoever sees a contact sees its lines; should the table say otherwise, the timeline follows."""
    path = f"/contacts/{ContactFactory(organization=school).pk}/timeline"
    api(manager).call("post", path, 201, {"kind": "note", "text": "Перезвонить"})
    monkeypatch.setitem(access.GRANTS, "sales.view_activity", (access.NONE,) * len(access.COLUMNS))
    assert api(manager).call("get", path, 200)["results"] == []


BAD: list[dict[str, Any]] = [
    {}, {"kind": "deal_created"}, {"kind": "note"}, {"kind": "note", "text": " "}, {"kind": "call", "text": "x" * 5001},
    {"kind": "call", "minutes": -1}, {"kind": "call", "minutes": 10**6}, {"kind": "call", "happened_at": "вчера"},
    {"kind": "call", "text": "a\x00b"}, {"kind": ["note"]},
]  # fmt: skip


@pytest.mark.sweep
def test_a_line_that_is_no_good_is_422(school: Organization, manager: User, api: Api) -> None:
    contact = ContactFactory(organization=school)
    for sent in BAD:
        api(manager).call("post", f"/contacts/{contact.pk}/timeline", 422, sent)
    assert not Activity.objects.exists()


def test_a_line_finds_its_contact_where_it_is_now(school: Organization, manager: User) -> None:
    """Two contacts are merged while somebody writes about the one that goes, and about a deal of it."""
    deal, kept = DealFactory(organization=school), ContactFactory(organization=school)
    gone, seen_before = deal.contact, Deal.objects.get()
    contacts.merge(contact=kept, other=deal.contact, by=manager)
    gone.pk = seen_before.contact_id
    with pytest.raises(timeline.SubjectGone):
        timeline.log(about=gone, kind=Activity.Kind.NOTE, text="Поздно", by=manager)
    assert timeline.log(about=seen_before, kind=Activity.Kind.NOTE, text="Вовремя", by=manager).contact == kept


@pytest.mark.sweep
def test_activities_are_listed_newest_first_and_narrowed(school: Organization, manager: User, api: Api) -> None:
    deal, contact = DealFactory(organization=school), ContactFactory(organization=school)
    rows = [
        ActivityFactory(organization=school, contact=contact), ActivityFactory(organization=school, author=manager),
        ActivityFactory(organization=school, deal=deal, contact=deal.contact, kind="call"),
    ]  # fmt: skip
    for day, row in enumerate(rows, start=1):
        Activity.objects.filter(pk=row.pk).update(created_at=datetime(2026, 1, day, tzinfo=UTC))
    first, second, third = (row.pk for row in rows)

    def found(query: str) -> list[int]:
        return [row["id"] for row in api(manager).call("get", f"/activities?{query}", 200)["results"]]

    assert found("") == [third, second, first]
    assert found("kind=call") == found(f"deal={deal.pk}") == found(f"contact={deal.contact_id}") == [third]
    assert found(f"author={manager.pk}") == [second]
    assert found("since=2026-01-02T03:00:00%2B03:00") == found("since=2026-01-02T00:00:00Z") == [third, second]
    for bad in ("kind=gone", "author=x", "since=yesterday", "since=0001-01-01T00:00:00%2B14:00", "since=2026-13-01"):
        api(manager).call("get", f"/activities?{bad}", 422)
    api(manager).call("post", "/activities", 405, {"kind": "note"})
    api(manager).call("get", f"/activities/{first}", 404)
