"""/users: whom staff see, what may be changed of whom, and what is left of a person who is deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts import services, tokens
from accounts.access import Role
from accounts.factories import PASSWORD, MembershipFactory, OrganizationFactory, UserFactory, member
from accounts.models import Membership, Organization, User
from accounts.services import create_organization
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from events.models import Letter
from feedback.factories import FeedbackFactory

Api = Callable[..., Any]
Browse = Callable[..., Client]
R = Role
GOOD = {"email": "New@School.example", "name": "Новый 🙂", "age": 16, "password": PASSWORD}
FIELDS = {"id", "email", "name", "age", "is_staff", "is_active", "date_joined"}


@pytest.fixture
def root(db: None) -> User:
    return UserFactory(is_staff=True, is_superuser=True, email="root@school.example", name="Рита")


def student_of(organization: Organization, **fields: Any) -> User:
    person: User = EnrolmentFactory(
        course=CourseFactory(organization=organization), student=UserFactory(**fields)
    ).student
    return person


def stored(user: User) -> dict[str, Any]:
    """What the database holds of a person, but for the time of the last sign-in."""
    return dict(User.objects.filter(pk=user.pk).values().get()) | {"last_login": None}


def listed(client: Any, query: str = "") -> list[int]:
    return [row["id"] for row in client.call("get", f"/users?{query}", 200)["results"]]


# Who sees whom


def test_staff_see_the_people_of_their_organisation_once_and_newest_first(school: Organization, api: Api) -> None:
    manager = member(R.MANAGER, school)
    studying = student_of(school)
    EnrolmentFactory(course=CourseFactory(organization=school), student=studying)
    MembershipFactory(user=studying, organization=school, role=R.MEMBER)
    colleague = MembershipFactory(organization=school).user
    student_of(OrganizationFactory())
    MembershipFactory()
    UserFactory()
    assert listed(api(manager)) == [colleague.pk, studying.pk, manager.pk]


@pytest.mark.sweep
@pytest.mark.parametrize("role", [*Role, None])
def test_the_role_table_says_whose_staff_see_students(school: Organization, api: Api, role: Role | None) -> None:
    studying = student_of(school)
    staff = member(role, school) if role else UserFactory(is_staff=True)
    sees = role not in (R.MEMBER, None)
    assert listed(api(staff)) == [staff.pk, *([studying.pk] if sees else [])]
    api(staff).call("get", f"/users/{studying.pk}", 200 if sees else 404)


def test_a_role_without_the_door_shows_only_oneself(school: Organization, api: Api) -> None:
    studying = student_of(school)
    manager = MembershipFactory(organization=school, role=R.OWNER).user
    api(manager).call("get", "/users", 403)
    api(manager).call("post", "/users", 403, GOOD)
    api(manager).call("get", f"/users/{studying.pk}", 404)
    assert set(api(manager).call("get", f"/users/{manager.pk}", 200)) == FIELDS


def test_people_out_of_view_are_404_for_every_verb(manager: User, student: User, api: Api) -> None:
    for actor in (manager, student):
        stranger = UserFactory(name="Чужой")
        api(actor).call("get", f"/users/{stranger.pk}", 404)
        api(actor).call("patch", f"/users/{stranger.pk}", 404, {"name": "Иначе"})
        api(actor).call("delete", f"/users/{stranger.pk}", 404)
        stranger.refresh_from_db()
        assert stranger.name == "Чужой"


def test_visitors_get_401(student: User, api: Api) -> None:
    for method, path in (("get", "/users"), ("post", "/users"), ("get", f"/users/{student.pk}")):
        api().call(method, path, 401)
    for method in ("patch", "delete"):
        api().call(method, f"/users/{student.pk}", 401)


def test_a_superuser_sees_everybody(root: User, api: Api) -> None:
    others = [UserFactory().pk, student_of(OrganizationFactory()).pk]
    assert listed(api(root)) == [*others[::-1], root.pk]


def test_an_unknown_action_is_an_error_not_an_empty_list(student: User, root: User) -> None:
    for user in (student, root):
        with pytest.raises(LookupError):
            User.objects.for_user(user, "fly")


# The list


def test_search_and_activity_narrow_the_list(root: User, api: Api) -> None:
    anna = UserFactory(name="Анна Петрова", email="a@one.example")
    away = UserFactory(name="Анна Иванова", email="b@two.example", is_active=False)
    client = api(root)
    assert listed(client, "search=Анна") == [away.pk, anna.pk]
    assert listed(client, "search=Анна+one.ex") == [anna.pk]
    assert listed(client, "search=Анна&is_active=true") == [anna.pk]
    assert listed(client, "is_active=false") == [away.pk]
    assert listed(client, "search=%25&surprise=1") == []


@pytest.mark.sweep
@pytest.mark.parametrize("query", ["is_active=maybe", "is_active=%00", "search=a%00b", "search=" + "x" * 201, "cursor=x", "page_size=0"])  # fmt: skip
def test_unknown_values_are_422(root: User, api: Api, query: str) -> None:
    assert api(root).call("get", f"/users?{query}", 422)["code"] == "invalid"


def test_the_list_comes_in_pages_of_fixed_cost(
    school: Organization, manager: User, api: Api, django_assert_num_queries: Any
) -> None:
    people = [student_of(school).pk for _ in range(5)]
    client = api(manager)
    with django_assert_num_queries(4):  # session, user, roles, the page
        body = client.call("get", "/users?page_size=3", 200)
    assert [row["id"] for row in body["results"]] == people[:1:-1]
    assert set(body["results"][0]) == FIELDS
    rest = client.get(body["next"]).json()
    assert [row["id"] for row in rest["results"]] == [*people[1::-1], manager.pk]


# New accounts


def test_staff_open_an_account_whose_address_is_still_to_be_confirmed(manager: User, api: Api) -> None:
    sent = GOOD | {"id": 7, "date_joined": "2001-01-01", "language": "xx"}
    body = api(manager).call("post", "/users", 201, sent)
    assert set(body) == FIELDS
    assert (body["email"], body["is_active"], body["is_staff"]) == ("new@school.example", True, False)
    assert User.objects.get(pk=body["id"]).check_password(PASSWORD)
    assert not EmailAddress.objects.get(email="new@school.example").verified
    assert Letter.objects.get().to == "new@school.example"
    again = api(manager).call("post", "/users", 422, GOOD)
    assert [(error["field"], error["code"]) for error in again["errors"]] == [("email", "email_taken")]


def test_an_account_may_be_opened_shut(manager: User, api: Api) -> None:
    assert api(manager).call("post", "/users", 201, GOOD | {"is_active": False})["is_active"] is False
    assert not Letter.objects.exists()
    api().call("post", "/auth/login", 401, {"email": GOOD["email"], "password": PASSWORD})


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"), ("email", "a\x00@b.example"), ("email", {"a": {}}), ("email", None), ("name", "a\nb"), ("name", ["x"]),
        ("name", "a\x00b"), ("name", "x" * 101), ("age", 9), ("age", 10**30), ("age", "🙂"), ("age", None), ("password", "12345678"),
        ("password", 7), ("is_active", None), ("is_active", "perhaps"), ("is_active", [True]), ("is_active", {"a": [1]}),
        ("is_staff", 10**30), ("is_staff", "🙂"), ("is_superuser", "\x00"), ("is_superuser", []),
    ],
)  # fmt: skip
def test_bad_values_are_422_and_named(root: User, student: User, api: Api, field: str, value: Any) -> None:
    body = api(root).call("post", "/users", 422, GOOD | {field: value})
    assert field in {error["field"] for error in body["errors"]}
    if field not in ("email", "password"):
        body = api(root).call("patch", f"/users/{student.pk}", 422, {field: value})
        assert {error["field"] for error in body["errors"]} == {field}
    assert User.objects.count() == 2


@pytest.mark.sweep
@pytest.mark.parametrize("body", [[], "x", 7, True, [{"name": "x"}]])
def test_bodies_that_are_no_objects(root: User, student: User, api: Api, body: Any) -> None:
    api(root).call("post", "/users", 422, body)
    api(root).call("patch", f"/users/{student.pk}", 422, body)


@pytest.mark.sweep
@pytest.mark.parametrize("key", ["0", "-1", "x", "²", "9" * 40, "%00", "1e3", "🙂"])
def test_strange_keys_are_404(root: User, api: Api, key: str) -> None:
    client = api(root)
    for method in ("get", "patch", "delete"):
        client.call(method, f"/users/{key}", 404, {} if method == "patch" else None)


# Who gives which rights: field, then what self, staff on another, staff on other staff and a superuser get

CHANGES: dict[str, tuple[Any, tuple[int, int, int, int]]] = {
    "name": ("Иначе", (200, 200, 403, 200)),
    "age": (77, (200, 200, 403, 200)),
    "is_active": (False, (403, 200, 403, 200)),
    "is_staff": (None, (403, 403, 403, 200)),  # None: the opposite of what it is
    "is_superuser": (True, (403, 403, 403, 200)),
}


@pytest.mark.sweep
@pytest.mark.parametrize("field", CHANGES)
def test_who_changes_what_of_whom(school: Organization, manager: User, root: User, api: Api, field: str) -> None:
    value, statuses = CHANGES[field]
    colleague, other = member(R.SALES, school), member(R.SALES, school)
    studying = student_of(school), student_of(school)
    cases = [(studying[0], studying[0]), (manager, studying[1]), (manager, colleague), (root, other)]
    for (by, whom), status in zip(cases, statuses, strict=True):
        before = stored(whom)
        sent = {field: not before[field] if value is None else value}
        api(by).call("patch", f"/users/{whom.pk}", status, {"name": "Вместе"} | sent)
        after = stored(whom) | {"epoch": before["epoch"]}
        written = before | {"name": "Вместе"} | sent if status == 200 else before
        assert after == written, (by, whom)


@pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser"])
def test_nobody_changes_their_own_rights(manager: User, root: User, api: Api, field: str) -> None:
    for person, status, code in ((manager, 403, "superusers_only"), (root, 409, "own_account")):
        before = getattr(person, field)
        body = api(person).call("patch", f"/users/{person.pk}", status, {field: not before, "name": "Иначе"})
        assert body["code"] == code
        person.refresh_from_db()
        assert getattr(person, field) == before
        assert person.name != "Иначе"


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_only_a_superuser_opens_an_account_with_rights(manager: User, root: User, api: Api, field: str) -> None:
    body = api(manager).call("post", "/users", 403, GOOD | {field: True})
    assert body["code"] == "superusers_only"
    assert User.objects.count() == 2
    assert not Letter.objects.exists()
    made = api(root).call("post", "/users", 201, GOOD | {field: True})
    assert getattr(User.objects.get(pk=made["id"]), field)


@pytest.mark.sweep
@pytest.mark.parametrize("field", ["email", "id", "date_joined", "password", "language", "last_login", "roles"])
def test_other_fields_are_ignored_whoever_sends_them(
    school: Organization, manager: User, root: User, api: Api, field: str
) -> None:
    studying = student_of(school)
    before = stored(studying)
    for actor in (studying, manager, root):
        api(actor).call("patch", f"/users/{studying.pk}", 200, {field: "2001-01-01"})
    after = stored(studying)
    assert after == before


def test_what_was_read_may_be_sent_back(school: Organization, manager: User, api: Api) -> None:
    read = api(manager).call("get", f"/users/{manager.pk}", 200)
    assert api(manager).call("patch", f"/users/{manager.pk}", 200, read | {"name": "Мария"}) == read | {"name": "Мария"}


def test_staff_do_not_shut_out_a_superuser(school: Organization, manager: User, root: User, api: Api) -> None:
    MembershipFactory(user=root, organization=school)
    api(manager).call("patch", f"/users/{root.pk}", 403, {"is_active": False})
    root.refresh_from_db()
    assert root.is_active


@pytest.mark.sweep
def test_a_role_given_unasked_brings_nobody_within_reach(student: User, root: User, api: Api) -> None:
    """Anybody may open an organisation and add an account to it; that must not open the account."""
    staff = UserFactory(is_staff=True)
    own = create_organization(organization=Organization(name="Своя"), by=staff)
    for victim in (student, root):
        MembershipFactory(organization=own, user=victim, role=R.VIEWER)
        api(staff).call("get", f"/users/{victim.pk}", 200)
        for change in ({"is_active": False}, {"name": "Подмена"}):
            api(staff).call("patch", f"/users/{victim.pk}", 403, change)


@pytest.mark.sweep
def test_deactivation_ends_sessions_and_tokens_for_good(student: User, root: User, api: Api, browse: Any) -> None:
    laptop, pair = api(student), tokens.issue(student)
    for is_active in (False, True):
        api(root).call("patch", f"/users/{student.pk}", 200, {"is_active": is_active})
    laptop.call("get", "/auth/me", 401)
    api().call("post", "/auth/token/refresh", 401, {"refresh_token": pair.refresh})
    laptop = api(User.objects.get(pk=student.pk))
    laptop.call("get", "/auth/me", 200)
    form: dict[str, Any] = {"email": student.email, "name": "Стас", "age": 30, "language": "ru"}
    for active in (dict[str, Any](), {"is_active": "on"}):
        browse(root).post(f"/admin/accounts/user/{student.pk}/change/", form | active)
    assert User.objects.get(pk=student.pk).is_active
    laptop.call("get", "/auth/me", 401)


@pytest.mark.parametrize("role", [R.SALES, R.VIEWER])
def test_whoever_only_looks_changes_nobody_else(school: Organization, api: Api, role: Role) -> None:
    looker, studying = member(role, school), student_of(school)
    api(looker).call("patch", f"/users/{studying.pk}", 403, {"name": "Иначе"})
    api(looker).call("patch", f"/users/{looker.pk}", 200, {"name": "Иначе"})
    studying.refresh_from_db()
    assert studying.name != "Иначе"


@pytest.mark.parametrize("how", ["enrolment", "membership"])
def test_a_person_of_two_schools_is_changed_by_neither(
    school: Organization, manager: User, root: User, api: Api, how: str
) -> None:
    studying = student_of(school)
    if how == "enrolment":
        EnrolmentFactory(student=studying)
    else:
        MembershipFactory(user=studying)
    api(manager).call("get", f"/users/{studying.pk}", 200)
    api(manager).call("patch", f"/users/{studying.pk}", 403, {"is_active": False})
    api(root).call("patch", f"/users/{studying.pk}", 200, {"is_active": False})


def test_somebody_shut_out_is_signed_out_at_once(school: Organization, manager: User, api: Api) -> None:
    studying = student_of(school)
    session = api(studying)
    session.call("get", "/auth/me", 200)
    api(manager).call("patch", f"/users/{studying.pk}", 200, {"is_active": False})
    session.call("get", "/auth/me", 401)


# What is left of a person


def test_deleting_a_person_keeps_the_books_without_the_person(root: User, student: User, api: Api) -> None:
    enrolment = EnrolmentFactory(student=student)
    review = FeedbackFactory(author=student)
    membership = MembershipFactory(user=student)
    EmailAddress.objects.create(user=student, email=student.email, verified=True)
    session = api(student)
    session.call("get", "/auth/me", 200)
    api(root).call("delete", f"/users/{student.pk}", 204, **{"accept-language": "en"})
    student.refresh_from_db()
    assert (student.name, student.email) == ("deleted person", f"deleted-{student.pk}@invalid")
    assert not any(getattr(student, name) for name in ("is_active", "is_staff", "is_superuser"))
    assert not student.has_usable_password()
    enrolment.refresh_from_db()
    review.refresh_from_db()
    assert enrolment.student == review.author == student
    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert not EmailAddress.objects.exists()
    session.call("get", "/auth/me", 401)
    api().call("post", "/auth/login", 401, {"email": "student@school.example", "password": PASSWORD})


def test_whoever_was_deleted_is_not_listed_and_the_address_is_free_again(root: User, student: User, api: Api) -> None:
    client = api(root)
    client.call("delete", f"/users/{student.pk}", 204)
    assert listed(client) == [root.pk]
    for method in ("get", "patch", "delete"):
        client.call(method, f"/users/{student.pk}", 404)
    api().call("post", "/auth/register", 201, GOOD | {"email": "student@school.example"})


def test_only_a_superuser_deletes_and_never_oneself(school: Organization, manager: User, root: User, api: Api) -> None:
    studying = student_of(school)
    for actor, whom in ((manager, studying), (manager, manager), (studying, studying)):
        api(actor).call("delete", f"/users/{whom.pk}", 403)
    assert api(root).call("delete", f"/users/{root.pk}", 409)["code"] == "own_account"
    assert not User.objects.filter(email__endswith="@invalid").exists()


def test_a_sole_owner_is_not_deleted_and_one_of_two_is(school: Organization, root: User, api: Api) -> None:
    owner = member(R.OWNER, school)
    MembershipFactory(user=owner, role=R.VIEWER)
    MembershipFactory(organization=school, role=R.ADMIN)
    assert api(root).call("delete", f"/users/{owner.pk}", 409)["code"] == "last_owner"
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.memberships.count() == 2
    member(R.OWNER, school)
    api(root).call("delete", f"/users/{owner.pk}", 204)
    assert not owner.memberships.exists()


def test_a_failure_half_way_forgets_nothing(root: User, student: User, monkeypatch: pytest.MonkeyPatch) -> None:
    MembershipFactory(user=student)

    def full_disk(*args: Any, **kwargs: Any) -> None:
        raise OSError

    monkeypatch.setattr(User, "save", full_disk)
    with pytest.raises(OSError):  # noqa: PT011 - the disk's own error
        services.anonymise(user=student, by=root)
    assert student.memberships.exists()


# The admin's door


def test_the_admin_forgets_a_person_in_the_same_way(root: User, student: User, browse: Browse) -> None:
    enrolment = EnrolmentFactory(student=student)
    address = f"/admin/accounts/user/{student.pk}"
    client = browse(root)
    client.post(
        f"{address}/change/", {"email": student.email, "name": "Стас", "age": 31, "language": "ru", "is_active": "on"}
    )
    asked = client.get(f"{address}/delete/")
    assert "would require deleting the following protected" not in asked.content.decode()
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 302
    student.refresh_from_db()
    assert student.email == f"deleted-{student.pk}@invalid"
    assert not student.is_active
    enrolment.refresh_from_db()
    assert LogEntry.objects.filter(object_id=str(student.pk)).count() == 2
    assert not LogEntry.objects.filter(object_repr__contains="student@").exists()


def test_the_admin_says_why_a_sole_owner_stays(school: Organization, root: User, browse: Browse) -> None:
    owner = member(R.OWNER, school)
    page = browse(root).post(f"/admin/accounts/user/{owner.pk}/delete/", {"post": "yes"}, follow=True)
    assert page.status_code == 200
    assert "keeps at least one owner" in page.content.decode()
    owner.refresh_from_db()
    assert owner.is_active
    assert not LogEntry.objects.exists()
