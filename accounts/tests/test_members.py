"""Membership: who may change whom, and the owner who must stay."""

import pytest

from accounts import services
from accounts.access import Role
from accounts.factories import MembershipFactory, UserFactory, member
from accounts.models import Membership, Organization, User


@pytest.fixture
def owner(school: Organization) -> User:
    return member(Role.OWNER, school)


def test_whoever_opens_an_organisation_owns_it(student: User) -> None:
    first = services.create_organization(organization=Organization(name="Новая школа"), by=student)
    second = services.create_organization(organization=Organization(name="Новая школа"), by=student)
    assert [first.slug, second.slug] == ["novaia-shkola", "novaia-shkola-2"]
    assert Membership.objects.get(organization=first).role == Role.OWNER


def test_the_last_owner_stays(owner: User) -> None:
    membership = owner.memberships.get()
    with pytest.raises(services.LastOwner):
        services.remove_member(membership=membership, by=owner)
    with pytest.raises(services.LastOwner):
        services.change_role(membership=membership, role=Role.ADMIN, by=owner)
    assert Membership.objects.get().role == Role.OWNER


def test_one_of_two_owners_may_leave(owner: User, school: Organization) -> None:
    member(Role.OWNER, school)
    services.remove_member(membership=owner.memberships.get(), by=owner)
    assert not owner.memberships.exists()


def test_an_administrator_cannot_touch_owners(owner: User, school: Organization) -> None:
    admin, second = member(Role.ADMIN, school), MembershipFactory(organization=school, role=Role.OWNER)
    with pytest.raises(services.OwnersOnly):
        services.add_member(organization=school, user=UserFactory(), role=Role.OWNER, by=admin)
    with pytest.raises(services.OwnersOnly):
        services.change_role(membership=second, role=Role.VIEWER, by=admin)
    with pytest.raises(services.OwnersOnly):
        services.remove_member(membership=second, by=admin)
    with pytest.raises(services.OwnersOnly):
        services.change_role(membership=admin.memberships.get(), role=Role.OWNER, by=admin)
    assert Membership.objects.filter(role=Role.OWNER).count() == 2


def test_a_person_is_a_member_once(owner: User, school: Organization, student: User) -> None:
    services.add_member(organization=school, user=student, role=Role.SALES, by=owner)
    with pytest.raises(services.AlreadyMember):
        services.add_member(organization=school, user=student, role=Role.VIEWER, by=owner)
    assert student.memberships.get().role == Role.SALES
