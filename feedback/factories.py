import factory
from factory.django import DjangoModelFactory

from accounts.factories import UserFactory
from feedback import services
from feedback.models import Feedback


class FeedbackFactory(DjangoModelFactory[Feedback]):
    """A bare row, counted in its course's tally as the services would."""

    class Meta:
        model = Feedback
        skip_postgeneration_save = True

    author = factory.SubFactory(UserFactory)
    course = None
    organization = factory.Maybe("course", yes_declaration=factory.SelfAttribute("course.organization"))
    text = "Очень понятно, спасибо 🙂"
    rating = 5

    @factory.post_generation
    def count(self, create: bool, extracted: object) -> None:
        services._count(self, before=(0, 0, 0))
