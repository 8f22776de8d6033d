from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from accounts.access import Role
from accounts.models import Membership, Organization, User
from events.outbox import emit, history

PASSWORD = "correct horse 7"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@school.example")
    name = factory.Sequence(lambda n: f"Анна {n}")
    age = 30
    password = factory.django.Password(PASSWORD)


class OrganizationFactory(DjangoModelFactory[Organization]):
    class Meta:
        model = Organization
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Школа {n}")
    slug = factory.Sequence(lambda n: f"school-{n}")

    @factory.post_generation
    def announce(self, create: bool, extracted: object) -> None:
        """As the service does, without an owner: its pipeline is opened, and nobody else is told."""
        with transaction.atomic(), history():
            emit("organization.created", key=self.pk, organization_id=self.pk, name=self.name, actor_id=None)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.MANAGER


def member(role: Role, organization: Organization, **fields: Any) -> User:
    """A user with a role in an organisation, let in at the admin's door."""
    return MembershipFactory(role=role, organization=organization, user__is_staff=True, **fields).user
