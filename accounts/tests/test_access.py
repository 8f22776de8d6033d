"""Who may do what: the whole table, role by action, asked of the table, of the queryset and of `has_perm`."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from accounts.access import COLUMNS, GRANTS, Role, Scope, scope_of
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Membership, Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory
from feedback.factories import FeedbackFactory
from feedback.models import BannedWord
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Stage

# The table once more, by hand, as people agreed on it:  owner admin manager sales member viewer anyone
AGREED = """
sales.view_contact sales.view_deal sales.view_task sales.view_activity       ORG ORG ORG ORG OWN ORG -
sales.add_contact sales.add_deal sales.add_task sales.add_activity           ORG ORG ORG ORG ORG - -
sales.change_contact sales.change_deal sales.change_task sales.change_activity ORG ORG ORG OWN OWN - -
sales.delete_contact sales.delete_deal sales.delete_task sales.delete_activity ORG ORG ORG - - - -
sales.take_deal                                                              ORG ORG ORG ORG - - -
sales.rollback_deal sales.reopen_deal                                        ORG ORG - - - - -
sales.merge_contact sales.import_contact sales.export_contact sales.export_deal ORG ORG ORG - - - -
sales.view_analytics                                                         ORG ORG ORG ORG OWN ORG -
sales.view_stage                                                             ORG ORG ORG ORG ORG ORG -
sales.add_stage sales.change_stage sales.delete_stage                        ORG ORG - - - - -
courses.view_course                                                          ORG ORG ORG ORG ORG ORG PUBLIC
courses.add_course courses.change_course courses.publish_course              ORG ORG ORG - - - -
courses.archive_course courses.export_course                                 ORG ORG ORG - - - -
enrolments.view_enrolment                                                    ORG ORG ORG ORG - ORG OWN
enrolments.cancel_enrolment                                                  ORG ORG ORG - - - OWN
enrolments.accept_enrolment enrolments.reject_enrolment                      ORG ORG ORG - - - -
enrolments.complete_enrolment enrolments.export_enrolment                    ORG ORG ORG - - - -
feedback.view_feedback                                                       ORG ORG ORG - - - OWN|PUBLIC
feedback.change_feedback                                                     - - - - - - OWN
feedback.delete_feedback                                                     ORG ORG ORG - - - OWN
feedback.hide_feedback feedback.show_feedback                                ORG ORG ORG - - - -
feedback.view_bannedword feedback.add_bannedword                             ORG ORG ORG - - - -
feedback.change_bannedword feedback.delete_bannedword                        ORG ORG ORG - - - -
accounts.view_organization accounts.view_membership                          ORG ORG ORG ORG ORG ORG -
accounts.change_organization                                                 ORG ORG - - - - -
accounts.delete_organization                                                 ORG - - - - - -
accounts.add_membership accounts.change_membership                           ORG ORG - - - - -
accounts.delete_membership                                                   ORG ORG - - - - OWN
"""


def agreed() -> dict[tuple[str, Role | None], str]:
    table: dict[tuple[str, Role | None], str] = {}
    for line in AGREED.strip().splitlines():
        words = line.split()
        for permission in words[:-7]:
            table |= {(permission, role): scope for role, scope in zip(COLUMNS, words[-7:], strict=True)}
    return table


MATRIX = agreed()
PERMISSIONS = sorted(GRANTS.keys() - {"sales.view_analytics"})  # figures have no row to be asked about


def test_the_table_is_the_agreed_one() -> None:
    found = {(permission, role): scope_of(permission, role) for permission in GRANTS for role in COLUMNS}
    assert {cell: "-" if scope is Scope.NONE else scope.name for cell, scope in found.items()} == MATRIX


def row_of(permission: str, organization: Organization, *, whose: User) -> Model:
    """A row on which the permission could be asked: a draft, hidden or somebody's own, in the organisation."""
    model = permission.rpartition("_")[2]
    course = CourseFactory(organization=organization, status=Course.Status.DRAFT)
    made: dict[str, Any] = {
        "course": lambda: course,
        "enrolment": lambda: EnrolmentFactory(course=course, student=whose),
        "feedback": lambda: FeedbackFactory(course=course, author=whose, hidden=True),
        "bannedword": lambda: BannedWord.objects.get_or_create(word="брюква")[0],
        "organization": lambda: organization,
        "contact": lambda: ContactFactory(organization=organization, owner=whose),
        "deal": lambda: DealFactory(organization=organization, owner=whose),
        "task": lambda: TaskFactory(organization=organization, assignee=whose),
        "activity": lambda: ActivityFactory(organization=organization, author=whose),
        "stage": lambda: Stage.objects.of(organization.pk)[0],
        "membership": lambda: Membership.objects.get_or_create(
            user=whose, organization=organization, defaults={"role": Role.MEMBER}
        )[0],
    }
    return made[model]()


def actor(role: Role | None, organization: Organization) -> User:
    return member(role, organization) if role else UserFactory()


@pytest.mark.sweep
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_the_queryset_and_has_perm_agree_with_the_table(school: Organization, permission: str) -> None:
    action = permission.partition(".")[2].rpartition("_")[0]
    others = row_of(permission, school, whose=UserFactory())
    foreign = row_of(permission, OrganizationFactory(), whose=UserFactory())
    for role in COLUMNS:
        user, scope = actor(role, school), MATRIX[permission, role]
        assert user.has_perm(permission, others) == (scope == "ORG"), role
        if isinstance(others, BannedWord):
            continue
        listed = type(others)._default_manager.all().for_user(user, action)  # type: ignore[attr-defined]
        assert listed.filter(pk=others.pk).exists() == (scope == "ORG"), role
        assert not listed.filter(pk=foreign.pk).exists(), role
        assert not user.has_perm(permission, foreign), role
        if "OWN" in f"{scope} {MATRIX[permission, None]}":
            own = row_of(permission, school, whose=user)
            assert user.has_perm(permission, own), role
            assert listed.filter(pk=own.pk).exists(), role


@pytest.mark.sweep
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_superusers_may_everything_and_inactive_people_nothing(school: Organization, permission: str) -> None:
    row = row_of(permission, school, whose=UserFactory())
    assert UserFactory(is_superuser=True).has_perm(permission, row)
    assert not member(Role.OWNER, school, user__is_active=False).has_perm(permission, row)
    assert not AnonymousUser().has_perm(permission, row)


def test_the_door_of_the_admin_shows_nothing_by_itself(db: None) -> None:
    user = UserFactory(is_staff=True)
    CourseFactory()
    assert not any(user.has_perm(permission) for permission in GRANTS)
    assert not user.has_module_perms("courses")
    assert not Course.objects.for_staff(user, "view").exists()


def test_visitors_see_what_is_public(db: None) -> None:
    published = CourseFactory()
    CourseFactory(status=Course.Status.DRAFT)
    assert list(Course.objects.for_user(AnonymousUser(), "view")) == [published]


def test_an_unknown_action_is_an_error_not_an_empty_list(student: User) -> None:
    with pytest.raises(LookupError):
        Course.objects.for_user(student, "fly")
    with pytest.raises(LookupError):
        Course.objects.for_user(UserFactory(is_superuser=True), "fly")


def test_the_organisation_narrows_the_list(student: User) -> None:
    first, second = CourseFactory(), CourseFactory()
    user = member(Role.MANAGER, first.organization)
    Membership.objects.create(user=user, organization=second.organization, role=Role.VIEWER)
    assert list(Course.objects.for_staff(user, "view", second.organization)) == [second]
    assert list(Course.objects.for_staff(user, "change")) == [first]


def test_a_permission_on_another_model_says_nothing_about_a_row(school: Organization) -> None:
    owner, course = member(Role.OWNER, school), CourseFactory(organization=school)
    assert not owner.has_perm("enrolments.view_enrolment", course)
    assert owner.get_all_permissions(course) == {
        f"courses.{action}_course" for action in ("view", "add", "change", "publish", "archive", "export")
    }
