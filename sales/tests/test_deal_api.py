"""/deals of the API: shapes, values, versions, and every verb of the pipeline."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from sales.factories import ContactFactory, DealFactory
from sales.models import Activity, Deal, Stage
from sales.tests.bad_values import rounds

Api = Callable[..., Any]
FIELDS = {
    "id", "title", "contact", "owner", "course", "enrolment", "amount", "currency", "status", "stage",
    "stage_entered_at", "lost_reason", "won_at", "lost_at", "version", "created_at", "updated_at",
}  # fmt: skip


@pytest.mark.sweep
def test_a_deal_is_opened_and_changed(school: Organization, manager: User, api: Api) -> None:
    contact, client = ContactFactory(organization=school), api(manager)
    course = CourseFactory(organization=school, currency="EUR")
    sent = {"title": "Для отдела 🧶", "contact": contact.pk, "course": course.pk, "amount": "10.5"}
    body = client.call("post", "/deals", 201, sent | {"status": "won", "version": 9, "enrolment": 1})
    assert set(body) == FIELDS
    assert (body["status"], body["stage"], body["version"]) == ("new", "qualification", 1)
    assert (body["amount"], body["currency"], body["enrolment"]) == ("10.50", "EUR", None)
    assert body["contact"] == {"id": contact.pk, "name": contact.name}
    assert body["course"] == {"id": course.pk, "title": course.title}
    assert body["owner"] == {"id": manager.pk, "name": "Марина"}
    other = ContactFactory(organization=school)
    changes = {"amount": "20", "course": None, "contact": other.pk, "stage": "closed", "status": "won"}
    changed = client.call("patch", f"/deals/{body['id']}", 200, changes)
    assert (changed["amount"], changed["course"], changed["version"]) == ("20.00", None, 2)
    assert [changed[name] for name in ("contact", "stage", "status")] == [body["contact"], "qualification", "new"]
    assert client.call("get", f"/deals/{body['id']}", 200) == changed
    assert client.call("post", "/deals", 201, sent | {"stage": "proposal", "owner": None})["stage"] == "proposal"
    client.call("put", f"/deals/{body['id']}", 405, sent)
    client.call("delete", f"/deals/{body['id']}", 204)


BAD: dict[str, list[Any]] = {
    "title": ["", None, "x" * 201, "a\nb"],
    "amount": ["-1", "1.005", "NaN", "99999999999", None, []],
    "currency": ["rub", "", None],
    "course": [10**9, "x"],
    "owner": [10**9, {"id": None}],
}
BAD_NEW: dict[str, list[Any]] = BAD | {"contact": [None, 10**9, [1]], "stage": ["gone", 1, "a\x00", None]}


@pytest.mark.sweep
def test_bad_values_are_422_and_write_nothing(school: Organization, manager: User, api: Api) -> None:
    deal, client = DealFactory(organization=school), api(manager)
    good, before = {"title": "Сделка", "contact": deal.contact_id}, list(Deal.objects.values())
    for method, path, fine, bad in (("post", "/deals", good, BAD_NEW), ("patch", f"/deals/{deal.pk}", {}, BAD)):
        for sent in rounds(bad):
            body = client.call(method, path, 422, fine | sent)
            assert {error["field"] for error in body["errors"]} == set(sent), sent
    assert list(Deal.objects.values()) == before


@pytest.mark.sweep
def test_filters_and_orders(school: Organization, manager: User, api: Api) -> None:
    course = CourseFactory(organization=school)
    cheap = DealFactory(organization=school, amount=10, owner=manager, course=course)
    dear = DealFactory(organization=school, amount=30, status="in_progress", stage=Stage.objects.get(slug="proposal"))

    def found(query: str) -> list[int]:
        return [row["id"] for row in api(manager).call("get", f"/deals?{query}", 200)["results"]]

    for query in (
        "status=new", "stage=qualification", f"owner={manager.pk}", f"contact={cheap.contact_id}",
        f"course={course.pk}", "amount_max=29.99",
    ):  # fmt: skip
        assert found(query) == [cheap.pk], query
    assert found("stage=proposal") == found("amount_min=30") == [dear.pk]
    assert found("ordering=amount") == found("ordering=created_at") == [cheap.pk, dear.pk]
    assert found("ordering=-amount") == found("ordering=-created_at") == found("") == [dear.pk, cheap.pk]
    for bad in ("status=gone", "stage=gone", "owner=x", "amount_min=x", "amount_max=-1", "ordering=title", "cursor=x"):
        assert api(manager).call("get", f"/deals?{bad}", 422)["errors"][0]["field"] == bad.partition("=")[0]
    api(manager).call("get", f"/deals/{cheap.pk}?status=lost", 200)  # one row is found by its id alone


def test_the_way_through_the_pipeline(school: Organization, api: Api) -> None:
    owner, deal = member(Role.OWNER, school), DealFactory(organization=school)
    client, path = api(owner), f"/deals/{deal.pk}"
    steps: list[tuple[str, Any, str, str]] = [
        ("start", None, "in_progress", "qualification"), ("move", {"stage": "negotiation"}, "in_progress", "negotiation"),
        ("move", {"stage": "proposal"}, "in_progress", "proposal"), ("lose", {"reason": " дорого "}, "lost", "closed"),
        ("reopen", None, "in_progress", "proposal"), ("win", None, "won", "closed"), ("close", None, "closed", "closed"),
        ("take", None, "closed", "closed"),
    ]  # fmt: skip
    for verb, sent, status, stage in steps:
        body = client.call("post", f"{path}/{verb}", 200, sent)
        assert (set(body), body["status"], body["stage"]) == (FIELDS, status, stage), verb
    assert body["owner"]["id"] == owner.pk
    for verb, code in (("start", "invalid_transition"), ("win", "invalid_transition"), ("take", "already_taken")):
        assert client.call("post", f"{path}/{verb}", 409)["code"] == code


@pytest.mark.sweep
def test_what_the_rules_refuse(school: Organization, manager: User, api: Api) -> None:
    deal = DealFactory(organization=school, amount=0, stage=Stage.objects.get(slug="proposal"))
    before = list(Deal.objects.values())
    refusals: list[tuple[str, Any, int, str]] = [
        ("win", None, 409, "amount_required"), ("lose", {}, 409, "lost_reason_required"),
        ("lose", {"reason": "  "}, 409, "lost_reason_required"), ("lose", {"reason": "x" * 501}, 422, "invalid"),
        ("lose", {"reason": None}, 422, "invalid"), ("lose", {"reason": "a\x00"}, 422, "invalid"),
        ("move", {"stage": "qualification"}, 409, "stage_rollback"), ("move", {"stage": "gone"}, 422, "invalid"),
        ("move", {"stage": None}, 422, "invalid"), ("move", {}, 422, "invalid"), ("move", [], 422, "invalid"),
        ("close", None, 409, "invalid_transition"),
    ]  # fmt: skip
    for verb, sent, status, code in refusals:
        assert api(manager).call("post", f"/deals/{deal.pk}/{verb}", status, sent)["code"] == code, (verb, sent)
    assert list(Deal.objects.values()) == before
    assert not Activity.objects.exists()


@pytest.mark.sweep
def test_a_version_that_was_read_guards_every_write(school: Organization, api: Api) -> None:
    owner, deal = member(Role.OWNER, school), DealFactory(organization=school)
    client, path = api(owner), f"/deals/{deal.pk}"
    client.call("patch", path, 200, {"title": "Раз"}, **{"If-Match": '"1"'})
    writes: list[tuple[str, str, Any]] = [
        ("patch", "", {"title": "Два"}), ("post", "/start", None), ("post", "/move", {"stage": "proposal"}),
        ("post", "/win", None), ("post", "/lose", {"reason": "x"}), ("post", "/close", None), ("post", "/reopen", None),
        ("post", "/take", None), ("delete", "", None),
    ]  # fmt: skip
    before = list(Deal.objects.values())
    for method, verb, sent in writes:
        stale = client.call(method, path + verb, 409, sent, **{"If-Match": '"1"'})
        assert stale["code"] == "stale_version", verb
    for malformed in ("2", "x", '"x"', 'W/"2"', '""', '"1", "2"', '"' + "9" * 40 + '"', "", '"-1"'):
        broken = client.call("patch", path, 400, {"title": "Два"}, **{"If-Match": malformed})
        assert broken["code"] == "invalid_if_match", malformed
    assert list(Deal.objects.values()) == before
    client.call("post", f"{path}/start", 200, None, **{"If-Match": "*"})
    client.call("delete", path, 204, None, **{"If-Match": '"3"'})


@pytest.mark.sweep
def test_every_answer_of_one_deal_names_its_version(school: Organization, manager: User, api: Api) -> None:
    client, sent = api(manager), {"title": "Сделка", "contact": ContactFactory(organization=school).pk}
    made = client.post("/api/v1/deals", sent)
    path = f"/api/v1/deals/{made.json()['id']}"
    answers = [made, client.get(path), client.patch(path, {"title": "Раз"}), client.post(f"{path}/start")]
    assert [answer["ETag"] for answer in answers] == ['"1"', '"1"', '"2"', '"3"']
    assert "ETag" not in client.get("/api/v1/deals")


def test_giving_a_deal_away_is_for_those_who_keep_reaching_it(school: Organization, api: Api) -> None:
    sales, colleague = member(Role.SALES, school), member(Role.SALES, school)
    deal, free = DealFactory(organization=school, owner=sales), DealFactory(organization=school)
    client = api(sales)
    client.call("patch", f"/deals/{deal.pk}", 403, {"owner": colleague.pk})
    client.call("patch", f"/deals/{free.pk}", 403, {"owner": sales.pk})
    assert client.call("post", f"/deals/{free.pk}/take", 200)["owner"]["id"] == sales.pk
    client.call("patch", f"/deals/{free.pk}", 200, {"title": "Моя"})
    assert list(Deal.objects.order_by("pk").values_list("owner", flat=True)) == [sales.pk, sales.pk]
