import django_filters

from feedback.models import Feedback


class FeedbackFilter(django_filters.FilterSet):  # type: ignore[misc]
    course = django_filters.NumberFilter(field_name="course_id", min_value=1, max_value=2**63 - 1, decimal_places=0)
    rating = django_filters.NumberFilter(min_value=1, max_value=5, decimal_places=0)

    class Meta:
        model = Feedback
        fields: list[str] = []
