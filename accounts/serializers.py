from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import services
from accounts.models import MAX_AGE, MIN_AGE, User, clean_email


class KeyField(serializers.IntegerField):
    """The key of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)


class UserSerializer(serializers.ModelSerializer[User]):
    age = serializers.IntegerField(min_value=MIN_AGE, max_value=MAX_AGE)

    class Meta:
        model = User
        fields = ["id", "email", "name", "age", "is_staff", "is_active", "date_joined"]
        read_only_fields = ["email", "is_staff", "is_active", "date_joined"]


class PersonSerializer(serializers.ModelSerializer[User]):
    """What others see of a person."""

    class Meta:
        model = User
        fields = ["id", "name"]


class RegisterSerializer(UserSerializer):
    password = serializers.CharField(write_only=True, trim_whitespace=False)
    email = serializers.EmailField(max_length=320)

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "password"]
        read_only_fields = ["is_staff", "is_active", "date_joined"]

    def validate_email(self, email: str) -> str:
        email = clean_email(email)
        if EmailAddress.objects.filter(email=email).exists() or User.objects.filter(email=email).exists():
            raise serializers.ValidationError(str(services.EmailTaken.message), code=services.EmailTaken.code)
        return email

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            validate_password(attrs["password"], User(email=attrs["email"], name=attrs["name"]))
        except ValidationError as error:
            raise ValidationError({"password": error}) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        return services.register(**validated_data, language=(get_language() or "ru")[:2])


class LoginSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=320)
    password = serializers.CharField(trim_whitespace=False)


class LoggedInSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    user = UserSerializer()


class PasswordSerializer(serializers.Serializer[Any]):
    current_password = serializers.CharField(trim_whitespace=False)
    new_password = serializers.CharField(trim_whitespace=False)

    def validate_current_password(self, password: str) -> str:
        if not self.context["request"].user.check_password(password):
            raise serializers.ValidationError(_("This is not your password."), code="wrong_password")
        return password

    def validate_new_password(self, password: str) -> str:
        validate_password(password, self.context["request"].user)
        return password


class TokenSerializer(serializers.Serializer[Any]):
    """OAuth2 calls the e-mail `username`; either name will do."""

    email = serializers.EmailField(max_length=320, required=False)
    username = serializers.EmailField(max_length=320, required=False)
    password = serializers.CharField(trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        email = attrs.get("email") or attrs.get("username")
        if not email:
            raise serializers.ValidationError({"email": [_("Give an e-mail.")]}, code="required")
        return {"email": email, "password": attrs["password"]}


class RefreshSerializer(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=2000)


class TokenPairSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds.")
