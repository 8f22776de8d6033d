import django_filters

from accounts.filters import KeyFilter
from feedback.models import Feedback


class FeedbackFilter(django_filters.FilterSet):  # type: ignore[misc]
    course = KeyFilter(field_name="course_id")
    rating = django_filters.NumberFilter(min_value=1, max_value=5, decimal_places=0)

    class Meta:
        model = Feedback
        fields: list[str] = []
