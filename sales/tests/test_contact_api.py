"""/contacts of the API: shapes, values, duplicates, merging, and who may keep what they write."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from sales.factories import ContactFactory, DealFactory
from sales.models import Activity, Contact
from sales.tests.bad_values import codes, rounds

Api = Callable[..., Any]


@pytest.mark.sweep
def test_a_contact_is_written_as_people_type_it(manager: User, api: Api) -> None:
    client = api(manager)
    sent = {"name": "Ирина", "email": " Irina@People.Example ", "phone": "8 (916) 123-45-67", "source": "Выставка"}
    body = client.call("post", "/contacts", 201, sent | {"id": 7, "organization": 9})
    assert set(body) == {"id", "name", "email", "phone", "source", "owner", "created_at", "updated_at"}
    assert (body["email"], body["phone"]) == ("irina@people.example", "+79161234567")
    assert body["owner"] == {"id": manager.pk, "name": "Марина"}
    address = f"/contacts/{body['id']}"
    assert client.call("get", address, 200) == body
    changed = client.call("patch", address, 200, {"email": "", "phone": "", "owner": None})
    assert (changed["email"], changed["phone"], changed["owner"], changed["name"]) == (None, "", None, "Ирина")
    assert client.call("patch", address, 200, body)["owner"] == body["owner"]  # what was read can be sent back
    client.call("put", address, 405, sent)
    client.call("delete", address, 204)
    client.call("get", address, 404)


BAD: dict[str, list[Any]] = {
    "name": ["", None, "a\nb", "x" * 101, {"a": 1}, "a\x00b"],
    "email": ["a@", "a@b\n.example", ["a"], "ж@b.example", "x" * 320 + "@b.example"],
    "phone": ["123", "много", {"a": 1}, None, "1" * 300, "+7916\x00"],
    "source": ["x" * 65, "a\nb", None],
    "owner": [0, -1, "x", [1], {}, True, 10**30],
}


@pytest.mark.sweep
def test_bad_values_are_422_and_write_nothing(school: Organization, manager: User, api: Api) -> None:
    contact, client = ContactFactory(organization=school), api(manager)
    before = list(Contact.objects.values())
    for sent in rounds(BAD):
        for method, path, good in (("post", "/contacts", {"name": "Ирина"}), ("patch", f"/contacts/{contact.pk}", {})):
            body = client.call(method, path, 422, good | sent)
            assert {error["field"] for error in body["errors"]} == set(sent), sent
    assert list(Contact.objects.values()) == before
    assert not Activity.objects.exists()


def test_one_e_mail_is_one_contact_and_the_answer_names_it(school: Organization, manager: User, api: Api) -> None:
    known = ContactFactory(organization=school, email="irina@people.example")
    other = ContactFactory(organization=school)
    ContactFactory(organization=OrganizationFactory(), email="free@people.example")
    client = api(manager)
    for method, path in (("post", "/contacts"), ("patch", f"/contacts/{other.pk}")):
        body = client.call(method, path, 422, {"name": "Ирина", "email": "IRINA@people.example"})
        assert codes(body) == [("email", "duplicate")]
        assert str(known.pk) in body["errors"][0]["detail"]
    client.call("post", "/contacts", 201, {"name": "Ирина", "email": "free@people.example"})


def test_search_and_owner_narrow_the_list(school: Organization, manager: User, api: Api) -> None:
    mine = ContactFactory(organization=school, owner=manager, name="Пётр Ёлкин", email="petr@people.example")
    ContactFactory(organization=school, name="Анна", email="anna@people.example", phone="+79160000001")

    def found(query: str) -> list[str]:
        return [row["name"] for row in api(manager).call("get", f"/contacts?{query}", 200)["results"]]

    assert found("search=елк пет") == found(f"owner={manager.pk}") == [mine.name]
    assert found("search=8 916 000-00-01") == ["Анна"]
    assert found("search=ёж") == []
    assert found("") == ["Анна", mine.name]


def test_a_contact_with_deals_stays(school: Organization, manager: User, api: Api) -> None:
    contact = DealFactory(organization=school).contact
    assert api(manager).call("delete", f"/contacts/{contact.pk}", 409)["code"] == "contact_has_deals"


@pytest.mark.sweep
def test_merging_answers_the_contact_that_stays(school: Organization, manager: User, api: Api) -> None:
    kept = ContactFactory(organization=school, email=None)
    deal, foreign = DealFactory(organization=school), ContactFactory()
    gone, client = deal.contact, api(manager)
    assert client.call("post", f"/contacts/{kept.pk}/merge", 200, {"other": gone.pk})["email"] == gone.email
    deal.refresh_from_db()
    assert deal.contact == kept
    client.call("get", f"/contacts/{gone.pk}", 404)
    for other in (gone.pk, foreign.pk, 10**9, kept.pk, None, "x"):
        body = client.call("post", f"/contacts/{kept.pk}/merge", 422, {"other": other})
        assert body["errors"][0]["field"] == "other"
    assert Contact.objects.filter(pk__in=[kept.pk, foreign.pk]).count() == 2


def test_work_goes_to_colleagues_and_a_stranger_looks_like_nobody(
    school: Organization, manager: User, api: Api
) -> None:
    stranger, elsewhere = UserFactory(), MembershipFactory().user
    answers = [
        api(manager).call("post", "/contacts", 422, {"name": "", "owner": key})["errors"]
        for key in (stranger.pk, elsewhere.pk, 10**9)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert ("owner", "not_a_colleague") in codes({"errors": answers[0]})


@pytest.mark.sweep
def test_whoever_writes_a_row_must_reach_it_afterwards(school: Organization, api: Api) -> None:
    colleague = member(Role.SALES, school)
    for role in (Role.SALES, Role.MEMBER):
        person = member(role, school)
        client, own = api(person), ContactFactory(organization=school, owner=person)
        before = Activity.objects.count()
        for owner in (colleague.pk, None):
            client.call("patch", f"/contacts/{own.pk}", 403, {"name": "Чужой", "owner": owner})
        own.refresh_from_db()
        assert (own.owner, own.name == "Чужой", Activity.objects.count()) == (person, False, before)
    count = Contact.objects.count()
    client.call("post", "/contacts", 403, {"name": "Ирина", "owner": colleague.pk})  # a member sees own rows alone
    assert Contact.objects.count() == count
    api(colleague).call("post", "/contacts", 201, {"name": "Ирина", "owner": person.pk})  # sales see them all


def test_a_superuser_works_anywhere_and_owns_nothing_by_default(school: Organization, api: Api) -> None:
    root, second = UserFactory(is_superuser=True), OrganizationFactory()
    client, here = api(root), {"X-Organization-Id": str(school.pk)}
    assert client.call("post", "/contacts", 400, {"name": "Ирина"})["code"] == "organization_required"
    body = client.call("post", "/contacts", 201, {"name": "Ирина"}, **here)
    assert body["owner"] is None
    assert Contact.objects.get().organization == school
    client.call("get", f"/contacts/{body['id']}", 404, **{"X-Organization-Id": str(second.pk)})
