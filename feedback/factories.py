import factory
from factory.django import DjangoModelFactory

from accounts.factories import UserFactory
from feedback.models import Feedback


class FeedbackFactory(DjangoModelFactory[Feedback]):
    """A bare row; the course's tally is kept only by the services."""

    class Meta:
        model = Feedback

    author = factory.SubFactory(UserFactory)
    course = None
    organization = factory.Maybe("course", yes_declaration=factory.SelfAttribute("course.organization"))
    text = "Очень понятно, спасибо 🙂"
    rating = 5
