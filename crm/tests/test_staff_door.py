"""The admin's door."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.access import Role
from accounts.factories import PASSWORD, MembershipFactory, UserFactory, member
from accounts.models import Membership, Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from events.models import Letter, UnhandledEvent
from feedback.factories import FeedbackFactory
from sales.factories import ActivityFactory, DealFactory, TaskFactory

Browse = Callable[..., Client]


def test_staff_come_in_by_the_common_login_page(manager: User, browse: Browse) -> None:
    person = browse()
    asked = person.get("/admin/courses/course/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    entered = person.post(asked.redirect_chain[-1][0], {"login": manager.email, "password": PASSWORD}, follow=True)
    assert entered.redirect_chain[-1][0] == "/admin/courses/course/"
    assert entered.status_code == 200


def test_a_student_is_turned_away_without_a_loop(student: User, browse: Browse) -> None:
    assert browse(student).get("/admin/", follow=True).status_code == 403


@pytest.fixture
def root(db: None) -> User:
    return UserFactory(is_staff=True, is_superuser=True, email="root@school.example")


@pytest.mark.sweep
@pytest.mark.parametrize("model", list(admin.site._registry), ids=str)
def test_every_page_of_the_admin_opens(root: User, browse: Browse, model: type[Model]) -> None:
    FeedbackFactory(course=EnrolmentFactory().course)
    MembershipFactory()
    deal = DealFactory()
    TaskFactory(organization=deal.organization, deal=deal)
    ActivityFactory(organization=deal.organization, deal=deal)
    EmailAddress.objects.create(user=root, email=root.email)
    Authenticator.objects.create(user=root, type=Authenticator.Type.TOTP, data={})
    Letter.objects.create(key="one", to=root.email)
    UnhandledEvent.objects.create(consumer="log", event_id=uuid4(), body={})
    client, name = browse(root), f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist"), {"q": "я"}).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code in (200, 403)
    row = model._default_manager.first()
    assert row is not None
    for view in ("change", "history", "delete"):
        assert client.get(reverse(f"{name}_{view}", args=[row.pk])).status_code in (200, 403)


def test_a_superuser_adds_a_person_and_a_member(
    root: User, browse: Browse, student: User, school: Organization
) -> None:
    client = browse(root)
    person = {"email": "New@School.example", "name": "Новый", "age": 30, "language": "ru", "usable_password": "true"}
    client.post("/admin/accounts/user/add/", person | {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="new@school.example").check_password(PASSWORD)
    again = client.post("/admin/accounts/user/add/", person | {"password1": PASSWORD, "password2": PASSWORD})
    assert "email" in again.context["adminform"].form.errors
    sent = {"organization": school.pk, "email": student.email, "role": "owner"}
    unconfirmed = client.post("/admin/accounts/membership/add/", sent)
    assert "email" in unconfirmed.context["adminform"].form.errors
    EmailAddress.objects.create(user=student, email=student.email, verified=True)
    client.post("/admin/accounts/membership/add/", sent)
    assert student.memberships.get().role == "owner"


@pytest.mark.sweep
def test_the_last_owner_stays_in_the_admin_too(school: Organization, browse: Browse) -> None:
    owner = member(Role.OWNER, school)
    membership, client = owner.memberships.get(), browse(owner)
    address = f"/admin/accounts/membership/{membership.pk}"
    for page in (
        client.post(f"{address}/change/", {"role": "viewer"}, follow=True),
        client.post(f"{address}/delete/", {"post": "yes"}, follow=True),
    ):
        assert "keeps at least one owner" in page.content.decode()
    assert Membership.objects.get().role == "owner"


def test_an_administrator_makes_nobody_an_owner(school: Organization, student: User, browse: Browse) -> None:
    EmailAddress.objects.create(user=student, email=student.email, verified=True)
    client = browse(member(Role.ADMIN, school))
    sent = {"organization": school.pk, "email": student.email, "role": "owner"}
    page = client.post("/admin/accounts/membership/add/", sent, follow=True)
    assert "Only an owner" in page.content.decode()
    assert not student.memberships.exists()


def test_a_new_e_mail_takes_the_account_from_the_old_one(root: User, student: User, browse: Browse) -> None:
    EmailAddress.objects.create(user=student, email=student.email, primary=True, verified=True)
    sent = {"email": "new@school.example", "name": "Стас", "age": 30, "language": "ru", "is_active": "on"}
    browse(root).post(f"/admin/accounts/user/{student.pk}/change/", sent)
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("new@school.example", True)]
    old = browse().post("/accounts/login/", {"login": "student@school.example", "password": PASSWORD})
    assert old.context["form"].errors


def test_a_superuser_does_not_delete_himself(root: User, browse: Browse) -> None:
    client = browse(root)
    assert client.post(f"/admin/accounts/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"})
    assert User.objects.filter(pk=root.pk).exists()


@pytest.mark.sweep
def test_who_lost_the_phone_is_helped_and_nobody_sees_the_secret(root: User, student: User, browse: Browse) -> None:
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=student, type=kind, data={"secret": "x"})
    client = browse(root)
    assert "authenticator" not in client.get("/admin/").content.decode()
    assert client.get("/admin/mfa/authenticator/").status_code == 404
    chosen = {"action": "without_second_factor", "_selected_action": [root.pk, student.pk]}
    for told in (f"Two-step sign-in is off: {student.email}", "None of them has it on."):
        assert told in client.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    assert not Authenticator.objects.exists()
    assert LogEntry.objects.get().object_id == str(student.pk)


@pytest.mark.sweep
def test_a_school_with_courses_is_kept_and_the_page_reads_no_list_of_them(
    school: Organization, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    owner = member(Role.OWNER, school)
    CourseFactory.create_batch(20, organization=school)
    client, address = browse(owner), f"/admin/accounts/organization/{school.pk}/delete/"
    with django_assert_max_num_queries(12):
        assert client.get(address).status_code == 200
    page = client.post(address, {"post": "yes"}, follow=True).content.decode()
    assert "that has courses, contacts or deals is not deleted" in page
    assert Organization.objects.exists()
    Course.objects.all().delete()
    client.post(address, {"post": "yes"})
    assert not Organization.objects.exists()


def test_the_admin_tells_no_address_of_a_foreign_draft(manager: User, browse: Browse) -> None:
    draft = CourseFactory(status="draft")
    content_type = ContentType.objects.get_for_model(draft).pk
    assert browse(manager).get(f"/admin/r/{content_type}/{draft.pk}/").status_code == 404


@pytest.mark.sweep
@pytest.mark.parametrize("value", ["²", "9" * 30, "x", "-1", "\x00"])
@pytest.mark.parametrize("address", ["courses/course", "accounts/membership"])
def test_strange_filters_and_keys_break_nothing(manager: User, browse: Browse, address: str, value: str) -> None:
    client = browse(manager)
    assert client.get(f"/admin/{address}/", {"organization": value}).status_code == 200
    chosen = {"action": "publish", "_selected_action": [value]}
    assert client.post(f"/admin/{address}/", chosen).status_code in (200, 302)
