from datetime import timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.factories import OrganizationFactory
from sales.models import Activity, Contact, Deal, Stage, Task


class ContactFactory(DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Пётр {n}")
    email = factory.Sequence(lambda n: f"lead{n}@people.example")


class DealFactory(DjangoModelFactory[Deal]):
    """A bare row in the first stage: no activity, no event."""

    class Meta:
        model = Deal

    organization = factory.SubFactory(OrganizationFactory)
    contact = factory.SubFactory(ContactFactory, organization=factory.SelfAttribute("..organization"))
    title = factory.Sequence(lambda n: f"Сделка {n}")
    amount = Decimal("4900.00")
    currency = "RUB"
    stage = factory.LazyAttribute(lambda deal: Stage.objects.of(deal.organization.pk)[0])


class TaskFactory(DjangoModelFactory[Task]):
    class Meta:
        model = Task

    organization = factory.SubFactory(OrganizationFactory)
    title = factory.Sequence(lambda n: f"Позвонить {n}")
    due_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))


class ActivityFactory(DjangoModelFactory[Activity]):
    class Meta:
        model = Activity

    organization = factory.SubFactory(OrganizationFactory)
    kind = Activity.Kind.NOTE
    text = "Перезвонить после отпуска"
    contact_owner = factory.LazyAttribute(
        lambda activity: getattr(activity, "contact", None) and activity.contact.owner
    )
    deal_owner = factory.LazyAttribute(lambda activity: getattr(activity, "deal", None) and activity.deal.owner)
