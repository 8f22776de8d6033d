"""/organizations and their members."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts import services
from accounts.access import Role
from accounts.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Membership, Organization, User
from courses.factories import CourseFactory

Api = Callable[..., Any]
R = Role


def confirmed(**fields: Any) -> User:
    user: User = UserFactory(**fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def owner(school: Organization) -> User:
    return member(R.OWNER, school, user__name="Ольга")


def test_whoever_opens_an_organisation_owns_it(student: User, api: Api) -> None:
    client = api(student)
    body = client.call("post", "/organizations", 201, {"name": "Школа 🙂", "id": 7, "created_at": "2001-01-01"})
    assert set(body) == {"id", "name", "slug", "currency", "time_zone", "created_at"}
    assert (body["name"], body["slug"], body["currency"]) == ("Школа 🙂", "shkola", "RUB")
    assert body["time_zone"] == "Europe/Moscow"
    assert not body["created_at"].startswith("2001")
    assert client.call("get", f"/organizations/{body['id']}/members", 200)["results"] == [
        {"user": {"id": student.pk, "name": "Стас"}, "email": student.email, "role": "owner"}
    ]


def test_a_slug_of_ones_own_and_one_that_is_taken(student: User, school: Organization, api: Api) -> None:
    sent = {"name": "Вторая", "slug": "second", "currency": "EUR", "time_zone": "Asia/Almaty"}
    body = api(student).call("post", "/organizations", 201, sent)
    assert {name: body[name] for name in sent} == sent
    for method, path in (("post", "/organizations"), ("patch", f"/organizations/{body['id']}")):
        refused = api(student).call(method, path, 422, sent | {"slug": school.slug})
        assert [(error["field"], error["code"]) for error in refused["errors"]] == [("slug", "slug_taken")]
    assert Organization.objects.count() == Membership.objects.count() + 1 == 2


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", None), ("name", "a\x00b"), ("name", "a\nb"), ("name", "x" * 201), ("name", {"a": [1]}),
        ("name", ["x"]), ("slug", "a b"), ("slug", ""), ("slug", None), ("slug", "школа"), ("slug", "x" * 81),
        ("slug", "a\x00"), ("slug", {"a": 1}), ("currency", "rub"), ("currency", "RUBLES"), ("currency", "🙂🙂🙂"),
        ("currency", None), ("currency", 10**30), ("time_zone", "Mars/Base"), ("time_zone", "a\x00b"),
        ("time_zone", []), ("time_zone", "../etc/passwd"),
    ],
)  # fmt: skip
def test_bad_values_are_422_and_named(owner: User, school: Organization, api: Api, field: str, value: Any) -> None:
    for method, path in (("post", "/organizations"), ("patch", f"/organizations/{school.pk}")):
        body = api(owner).call(method, path, 422, {"name": "Новая", field: value})
        assert field in {error["field"] for error in body["errors"]}
    assert Organization.objects.get().name == "Школа А"


@pytest.mark.sweep
@pytest.mark.parametrize("body", [[], "x", 7, None, [{"name": "x"}]])
def test_bodies_that_are_no_objects(owner: User, school: Organization, api: Api, body: Any) -> None:
    for path in ("/organizations", f"/organizations/{school.pk}/members"):
        api(owner).call("post", path, 422, body)


def test_the_list_is_mine_in_pages_of_fixed_cost(
    student: User, school: Organization, api: Api, django_assert_num_queries: Any
) -> None:
    mine = [MembershipFactory(user=student, organization__name=f"Ш{n}").organization_id for n in range(5)]
    client = api(student)
    with django_assert_num_queries(4):  # session, user, roles, the page
        body = client.call("get", "/organizations?page_size=3", 200)
    assert [row["id"] for row in body["results"]] == mine[:3]
    rest = client.get(body["next"]).json()
    assert [row["id"] for row in rest["results"]] == mine[3:]
    root = UserFactory(is_superuser=True)
    assert len(api(root).call("get", "/organizations", 200)["results"]) == 6


CHANGE = ("patch", "/organizations/{org}", {"name": "Иначе"}, 200)
DELETE = ("delete", "/organizations/{org}", None, 204)
ADD = ("post", "/organizations/{org}/members", {"email": "new@school.example", "role": "sales"}, 201)
PROMOTE = ("patch", "/organizations/{org}/members/{other}", {"role": "manager"}, 200)
REMOVE = ("delete", "/organizations/{org}/members/{other}", None, 204)
MEMBERS = ("get", "/organizations/{org}/members", None, 200)
ALLOWED = {
    CHANGE[:2]: {R.OWNER, R.ADMIN},
    DELETE[:2]: {R.OWNER},
    ADD[:2]: {R.OWNER, R.ADMIN},
    PROMOTE[:2]: {R.OWNER, R.ADMIN},
    REMOVE[:2]: {R.OWNER, R.ADMIN},
    MEMBERS[:2]: set(Role),
}


@pytest.mark.sweep
@pytest.mark.parametrize("case", [CHANGE, DELETE, ADD, PROMOTE, REMOVE, MEMBERS], ids=lambda case: " ".join(case[:2]))
@pytest.mark.parametrize("role", Role)
def test_each_role_does_what_the_table_grants(school: Organization, api: Api, role: Role, case: Any) -> None:
    method, path, body, done = case
    other = MembershipFactory(organization=school, role=R.VIEWER).user_id
    confirmed(email="new@school.example")
    before = sorted(Membership.objects.values_list("user", "role"))
    actor = member(role, school)
    before = sorted([*before, (actor.pk, role.value)])
    allowed = role in ALLOWED[method, path]
    api(actor).call(method, path.format(org=school.pk, other=other), done if allowed else 403, body)
    if not allowed:
        assert sorted(Membership.objects.values_list("user", "role")) == before
        assert Organization.objects.get().name == "Школа А"


@pytest.mark.sweep
@pytest.mark.parametrize("case", [CHANGE, DELETE, ADD, PROMOTE, REMOVE, MEMBERS], ids=lambda case: " ".join(case[:2]))
def test_strangers_get_404_and_visitors_401(school: Organization, manager: User, api: Api, case: Any) -> None:
    method, path, body, _done = case
    stranger = member(R.OWNER, OrganizationFactory())
    path = path.format(org=school.pk, other=manager.pk)
    api(stranger).call(method, path, 404, body)
    api().call(method, path, 401, body)
    assert Membership.objects.filter(organization=school).get().role == "manager"


@pytest.mark.sweep
@pytest.mark.parametrize("key", ["0", "-1", "x", "²", "9" * 40, "%00", "1e3", "🙂"])
def test_strange_keys_are_404(owner: User, school: Organization, api: Api, key: str) -> None:
    client = api(owner)
    for path in (f"/organizations/{key}", f"/organizations/{school.pk}/members/{key}"):
        for method in ("get", "patch", "delete"):
            client.call(method, path, 404, {} if method == "patch" else None)
    client.call("get", f"/organizations/{key}/members", 404)
    client.call("post", f"/organizations/{key}/members", 404, {"email": owner.email, "role": "sales"})


def test_an_organisation_with_courses_is_kept(owner: User, school: Organization, api: Api) -> None:
    CourseFactory(organization=school)
    body = api(owner).call("delete", f"/organizations/{school.pk}", 409)
    assert body["code"] == "organization_in_use"
    assert Membership.objects.filter(organization=school).exists()


def test_an_empty_organisation_goes_with_its_members(owner: User, school: Organization, api: Api) -> None:
    api(owner).call("delete", f"/organizations/{school.pk}", 204)
    assert not Organization.objects.exists()
    assert not Membership.objects.exists()


def test_adding_a_member(owner: User, school: Organization, api: Api) -> None:
    person = confirmed(email="new@school.example", name="Новый")
    sent = {"email": "NEW@school.example", "role": "sales", "user": {"id": owner.pk}}
    body = api(owner).call("post", f"/organizations/{school.pk}/members", 201, sent)
    assert body == {"user": {"id": person.pk, "name": "Новый"}, "email": person.email, "role": "sales"}
    again = api(owner).call("post", f"/organizations/{school.pk}/members", 422, sent)
    assert [(error["field"], error["code"]) for error in again["errors"]] == [("email", "already_member")]


def test_only_a_confirmed_active_account_becomes_a_member(owner: User, school: Organization, api: Api) -> None:
    confirmed(email="away@school.example", is_active=False)
    unconfirmed = UserFactory(email="new@school.example")
    EmailAddress.objects.create(user=unconfirmed, email=unconfirmed.email)
    EmailAddress.objects.create(user=unconfirmed, email="other@school.example", verified=True)
    for email, code in (
        ("away@school.example", "unknown"),
        ("nobody@school.example", "unknown"),
        ("new@school.example", "unverified"),
        ("other@school.example", "unknown"),
    ):
        body = api(owner).call("post", f"/organizations/{school.pk}/members", 422, {"email": email, "role": "sales"})
        assert [(error["field"], error["code"]) for error in body["errors"]] == [("email", code)]
    assert Membership.objects.count() == 1


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None), ("email", ""), ("email", "a\x00@school.example"), ("email", 10**30), ("email", {"a": 1}), ("email", ["new@school.example"]),
        ("email", "🙂"), ("email", "a" * 400 + "@school.example"), ("role", "god"), ("role", None), ("role", ""), ("role", ["owner"]),
        ("role", {"a": {}}), ("role", 10**30), ("role", "owner\x00"), ("role", "🙂"), ("role", True),
    ],
)  # fmt: skip
def test_bad_members_are_422_and_named(owner: User, school: Organization, api: Api, field: str, value: Any) -> None:
    confirmed(email="new@school.example")
    sent = {"email": "new@school.example", "role": "sales", field: value}
    body = api(owner).call("post", f"/organizations/{school.pk}/members", 422, sent)
    assert {error["field"] for error in body["errors"]} == {field}
    if field == "role":
        api(owner).call("patch", f"/organizations/{school.pk}/members/{owner.pk}", 422, {"role": value})
    assert Membership.objects.get().role == "owner"


def test_the_members_come_in_pages_of_fixed_cost(
    school: Organization, owner: User, api: Api, django_assert_num_queries: Any
) -> None:
    members = [owner.pk, *(MembershipFactory(organization=school).user_id for _ in range(5))]
    client = api(owner)
    with django_assert_num_queries(6):  # session, user, roles, organisation, the page, its people
        body = client.call("get", f"/organizations/{school.pk}/members?page_size=4", 200)
    assert [row["user"]["id"] for row in body["results"]] == members[:4]
    rest = client.get(body["next"]).json()
    assert [row["user"]["id"] for row in rest["results"]] == members[4:]


def test_one_member_is_read_by_the_persons_id(school: Organization, owner: User, manager: User, api: Api) -> None:
    body = api(owner).call("get", f"/organizations/{school.pk}/members/{manager.pk}", 200)
    assert (body["user"]["id"], body["role"]) == (manager.pk, "manager")
    elsewhere = MembershipFactory().user_id
    api(owner).call("get", f"/organizations/{school.pk}/members/{elsewhere}", 404)


def test_changing_a_role_changes_nothing_else(school: Organization, owner: User, manager: User, api: Api) -> None:
    path = f"/organizations/{school.pk}/members/{manager.pk}"
    sent = {"role": "viewer", "email": "x@y.example", "user": owner.pk}
    assert api(owner).call("patch", path, 200, sent)["role"] == "viewer"
    assert api(owner).call("patch", path, 200, {})["email"] == manager.email
    assert manager.memberships.get().role == "viewer"


@pytest.mark.sweep
@pytest.mark.parametrize("role", [role for role in Role if role != R.OWNER])
def test_everybody_may_leave(school: Organization, api: Api, role: Role) -> None:
    person = member(role, school)
    api(person).call("delete", f"/organizations/{school.pk}/members/{person.pk}", 204)
    assert not person.memberships.exists()


def test_the_last_owner_neither_leaves_nor_steps_down(school: Organization, owner: User, api: Api) -> None:
    path = f"/organizations/{school.pk}/members/{owner.pk}"
    assert api(owner).call("delete", path, 409)["code"] == "last_owner"
    assert api(owner).call("patch", path, 409, {"role": "admin"})["code"] == "last_owner"
    second = member(R.OWNER, school)
    api(owner).call("delete", path, 204)
    assert api(second).call("delete", f"/organizations/{school.pk}/members/{second.pk}", 409)["code"] == "last_owner"


def test_only_owners_touch_owners(school: Organization, owner: User, api: Api) -> None:
    admin = member(R.ADMIN, school)
    confirmed(email="new@school.example")
    client, members = api(admin), f"/organizations/{school.pk}/members"
    for method, path, body in (
        ("post", members, {"email": "new@school.example", "role": "owner"}),
        ("patch", f"{members}/{owner.pk}", {"role": "viewer"}),
        ("delete", f"{members}/{owner.pk}", None),
        ("patch", f"{members}/{admin.pk}", {"role": "owner"}),
    ):
        assert client.call(method, path, 403, body)["code"] == "owners_only"
    assert Membership.objects.count() == 2


def test_a_member_who_has_gone_meanwhile_is_a_404(school: Organization, owner: User, manager: User) -> None:
    gone = manager.memberships.get()
    Membership.objects.filter(pk=gone.pk).delete()
    with pytest.raises(services.NoLongerMember):
        services.remove_member(membership=gone, by=owner)
    with pytest.raises(services.NoLongerMember):
        services.change_role(membership=gone, role=R.VIEWER, by=owner)
