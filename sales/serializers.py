from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _
from phonenumber_field.serializerfields import PhoneNumberField
from rest_framework import serializers

from accounts.models import Organization, User, clean_email
from courses.models import Course
from sales import timeline
from sales.fields import ColleagueField, RowField, StageField
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.services import contacts, deals, stages, tasks

M = TypeVar("M", bound=Model)


class SalesSerializer(serializers.ModelSerializer[M]):
    @property
    def organization(self) -> Organization:
        organization: Organization = self.context["view"].organization
        return organization

    @property
    def by(self) -> User:
        by: User = self.context["view"].by
        return by


class ContactSerializer(SalesSerializer[Contact]):
    owner = ColleagueField()
    phone = PhoneNumberField(required=False, allow_blank=True, help_text="As people type it; kept as E.164.")

    class Meta:
        model = Contact
        fields = ["id", "name", "email", "phone", "source", "owner", "created_at", "updated_at"]

    def validate_email(self, email: str | None) -> str | None:
        return clean_email(email) if email else None

    def create(self, validated_data: dict[str, Any]) -> Contact:
        return contacts.create(contact=Contact(organization=self.organization, **validated_data), by=self.by)

    def update(self, instance: Contact, validated_data: dict[str, Any]) -> Contact:
        return contacts.update(contact=instance, by=self.by, **validated_data)


class MergeSerializer(serializers.Serializer[Contact]):
    other = RowField(Contact, action="merge")


class StageSerializer(SalesSerializer[Stage]):
    class Meta:
        model = Stage
        fields = ["id", "slug", "name", "position", "probability"]

    def create(self, validated_data: dict[str, Any]) -> Stage:
        return stages.create(stage=Stage(organization=self.organization, **validated_data))

    def update(self, instance: Stage, validated_data: dict[str, Any]) -> Stage:
        return stages.update(stage=instance, **validated_data)


class DealSerializer(SalesSerializer[Deal]):
    contact = RowField(Contact)
    owner = ColleagueField()
    course = RowField(Course, shows="title", allow_null=True, required=False)
    stage = StageField(required=False, help_text="The first one, if left out.")

    class Meta:
        model = Deal
        fields = [
            "id", "title", "contact", "owner", "course", "enrolment", "amount", "currency", "status", "stage",
            "stage_entered_at", "lost_reason", "won_at", "lost_at", "version", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "currency": {"required": False, "help_text": "That of the course or the organisation, if left out."}
        }

    def create(self, validated_data: dict[str, Any]) -> Deal:
        return deals.create(deal=Deal(organization=self.organization, **validated_data), by=self.by)


class DealChangeSerializer(DealSerializer):
    """A deal keeps its contact, and goes through the pipeline by its verbs."""

    contact = RowField(Contact, read_only=True)
    stage = StageField(read_only=True)

    def update(self, instance: Deal, validated_data: dict[str, Any]) -> Deal:
        return deals.update(deal=instance, by=self.by, version=self.context["view"].version, **validated_data)


class MoveSerializer(serializers.Serializer[Stage]):
    stage = StageField()


class LoseSerializer(serializers.Serializer[Deal]):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class TaskSerializer(SalesSerializer[Task]):
    assignee = ColleagueField()
    created_by = ColleagueField(read_only=True, allow_null=True)
    deal = RowField(Deal, shows="title", allow_null=True, required=False)
    contact = RowField(Contact, allow_null=True, required=False, help_text="That of the deal, if left out.")
    overdue = serializers.BooleanField(source="is_overdue", read_only=True)

    class Meta:
        model = Task
        fields = [
            "id", "title", "due_at", "status", "assignee", "created_by", "deal", "contact", "overdue", "done_at",
            "created_at",
        ]  # fmt: skip

    def create(self, validated_data: dict[str, Any]) -> Task:
        return tasks.create(task=Task(organization=self.organization, **validated_data), by=self.by)


class TaskChangeSerializer(TaskSerializer):
    """A task stays with its deal and its contact."""

    deal = RowField(Deal, shows="title", read_only=True, allow_null=True)
    contact = RowField(Contact, read_only=True, allow_null=True)

    def update(self, instance: Task, validated_data: dict[str, Any]) -> Task:
        return tasks.update(task=instance, by=self.by, **validated_data)


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    author = ColleagueField(read_only=True, allow_null=True)
    contact = RowField(Contact, read_only=True, allow_null=True)
    deal = RowField(Deal, shows="title", read_only=True, allow_null=True)

    class Meta:
        model = Activity
        fields = [
            "id", "kind", "author", "contact", "deal", "text", "payload", "happened_at", "minutes", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class LogSerializer(serializers.ModelSerializer[Activity]):
    """What somebody did outside, to be added to the timeline of the contact or the deal that the view shows."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in Activity.LOGGED])
    text = serializers.CharField(max_length=5000, allow_blank=True, default="")
    minutes = serializers.IntegerField(min_value=0, max_value=24 * 60, allow_null=True, required=False)

    class Meta:
        model = Activity
        fields = ["kind", "text", "happened_at", "minutes"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == Activity.Kind.NOTE and not attrs["text"]:
            raise serializers.ValidationError({"text": [_("Write a text.")]}, code="required")
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Activity:
        return timeline.log(**validated_data)
