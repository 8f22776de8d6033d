from rest_framework import serializers

from accounts.models import User
from accounts.serializers import KeyField
from courses.models import Course
from courses.serializers import CourseBriefSerializer
from enrolments.models import Enrolment


class StudentSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "name"]


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    course = CourseBriefSerializer(read_only=True)
    student = StudentSerializer(read_only=True)

    class Meta:
        model = Enrolment
        fields = ["id", "course", "student", "status", "applied_at", "decided_at"]
        read_only_fields = ["status", "applied_at", "decided_at"]


class ApplySerializer(serializers.Serializer[Course]):
    course_id = KeyField()
