from copy import copy
from typing import Any

from rest_framework import serializers

from courses import services
from courses.models import Course


class CourseSerializer(serializers.ModelSerializer[Course]):
    seats_left = serializers.IntegerField(read_only=True, allow_null=True)
    rating = serializers.FloatField(read_only=True, allow_null=True)

    class Meta:
        model = Course
        fields = [
            "id", "organization", "title", "slug", "description", "price", "currency", "capacity", "seats_left",
            "starts_on", "ends_on", "status", "requires_approval", "rating", "reviews", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["organization", "reviews"]
        extra_kwargs: dict[str, Any] = {"slug": {"validators": []}}  # whether it is free, the service says

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The model's own rules, those that compare two fields included."""
        course = copy(self.instance) if self.instance else Course()
        for name, value in attrs.items():
            setattr(course, name, value)
        course.full_clean(exclude=["organization", "created_by"], validate_constraints=False)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Course:
        by = self.context["request"].user
        return services.create(course=Course(**validated_data), by=by)

    def update(self, instance: Course, validated_data: dict[str, Any]) -> Course:
        return services.update(course=instance, by=self.context["request"].user, **validated_data)


class CourseBriefSerializer(serializers.ModelSerializer[Course]):
    """What a list of enrolments says of its course."""

    class Meta:
        model = Course
        fields = ["id", "title", "slug", "price", "currency", "starts_on", "ends_on"]
