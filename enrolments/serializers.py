from rest_framework import serializers

from accounts.serializers import KeyField, PersonSerializer
from courses.models import Course
from courses.serializers import CourseBriefSerializer
from enrolments.models import Enrolment


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    course = CourseBriefSerializer(read_only=True)
    student = PersonSerializer(read_only=True)

    class Meta:
        model = Enrolment
        fields = ["id", "course", "student", "status", "applied_at", "decided_at"]
        read_only_fields = ["status", "applied_at", "decided_at"]


class ApplySerializer(serializers.Serializer[Course]):
    course_id = KeyField()
