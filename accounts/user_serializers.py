from typing import Any

from django.utils.translation import get_language

from accounts import services
from accounts.models import User
from accounts.serializers import RegisterSerializer, UserSerializer

SECRET_RIGHT = {"is_superuser": {"write_only": True}}


class NewUserSerializer(RegisterSerializer):
    """An account that staff open; which rights they may give, the service says."""

    class Meta(RegisterSerializer.Meta):
        fields = [*RegisterSerializer.Meta.fields, "is_superuser"]
        read_only_fields = ["date_joined"]
        extra_kwargs = SECRET_RIGHT

    def create(self, validated_data: dict[str, Any]) -> User:
        language = (get_language() or "ru")[:2]
        return services.open_account(**validated_data, language=language, by=self.context["request"].user)


class UserChangeSerializer(UserSerializer):
    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "is_superuser"]
        read_only_fields = ["email", "date_joined"]
        extra_kwargs = SECRET_RIGHT

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        return services.change_account(user=instance, by=self.context["request"].user, **validated_data)
