from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from accounts.factories import OrganizationFactory
from courses.models import Course


class CourseFactory(DjangoModelFactory[Course]):
    class Meta:
        model = Course

    organization = factory.SubFactory(OrganizationFactory)
    title = factory.Sequence(lambda n: f"Курс {n}")
    slug = factory.Sequence(lambda n: f"course-{n}")
    price = Decimal("4900.00")
    starts_on = date(2030, 1, 15)
    status = Course.Status.PUBLISHED
