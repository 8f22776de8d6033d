from typing import Any

from rest_framework import serializers

from accounts import services
from accounts.access import Role
from accounts.models import Membership, Organization
from accounts.serializers import PersonSerializer


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    slug = serializers.SlugField(max_length=80, required=False)

    class Meta:
        model = Organization
        fields = ["id", "name", "slug", "currency", "time_zone", "created_at"]
        read_only_fields = ["created_at"]

    def create(self, validated_data: dict[str, Any]) -> Organization:
        by = self.context["request"].user
        return services.create_organization(organization=Organization(**validated_data), by=by)

    def update(self, instance: Organization, validated_data: dict[str, Any]) -> Organization:
        return services.update_organization(organization=instance, **validated_data)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    user = PersonSerializer(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["user", "email", "role"]

    def update(self, instance: Membership, validated_data: dict[str, Any]) -> Membership:
        role = Role(validated_data.get("role", instance.role))
        return services.change_role(membership=instance, role=role, by=self.context["request"].user)


class NewMemberSerializer(serializers.Serializer[Membership]):
    email = serializers.EmailField(max_length=320)
    role = serializers.ChoiceField(Role.choices)

    def create(self, validated_data: dict[str, Any]) -> Membership:
        return services.add_member(
            organization=self.context["organization"],
            user=services.confirmed_account(email=validated_data["email"]),
            role=Role(validated_data["role"]),
            by=self.context["request"].user,
        )
