from typing import Any

from rest_framework import serializers

from accounts.serializers import KeyField, PersonSerializer
from courses.models import Course, CourseQuerySet
from enrolments.models import studied_by
from feedback import services
from feedback.models import MAX_TEXT, Feedback


class ReviewableCourse(serializers.PrimaryKeyRelatedField[Course]):
    """A published course, or one that the author studied before it was archived."""

    def get_queryset(self) -> CourseQuerySet:
        return Course.objects.published() | Course.objects.filter(pk__in=studied_by(self.context["request"].user))


class FeedbackSerializer(serializers.ModelSerializer[Feedback]):
    author = PersonSerializer(read_only=True)
    course_id = ReviewableCourse(source="course", pk_field=KeyField(), required=False, allow_null=True)
    text = serializers.CharField(max_length=MAX_TEXT)

    class Meta:
        model = Feedback
        fields = ["id", "author", "course_id", "text", "rating", "created_at"]
        read_only_fields = ["created_at"]

    def create(self, validated_data: dict[str, Any]) -> Feedback:
        return services.write(
            text=validated_data["text"],
            rating=validated_data.get("rating"),
            course=validated_data.get("course"),
            by=self.context["request"].user,
        )

    def update(self, instance: Feedback, validated_data: dict[str, Any]) -> Feedback:
        return services.change(
            feedback=instance,
            text=validated_data.get("text", instance.text),
            rating=validated_data.get("rating", instance.rating),
        )


class FeedbackChangeSerializer(FeedbackSerializer):
    """A review keeps its course."""

    course_id = ReviewableCourse(source="course", read_only=True)
