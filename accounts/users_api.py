"""People, for staff; oneself for everybody."""

from typing import ClassVar, cast

from allauth.account.models import EmailAddress
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from accounts import services
from accounts.filters import UserFilter
from accounts.models import User, UserQuerySet
from accounts.permissions import PeoplePermission
from accounts.serializers import UserSerializer
from accounts.user_serializers import NewUserSerializer, UserChangeSerializer


@method_decorator(sensitive_post_parameters(), name="dispatch")
class UserViewSet(ModelViewSet[User]):
    """Staff see the people of their organisations, newest first; everybody sees themselves."""

    queryset = User.objects.none()
    filterset_class = UserFilter
    permission_classes = [IsAuthenticated, PeoplePermission]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    serializers: ClassVar = {"create": NewUserSerializer, "partial_update": UserChangeSerializer}

    def get_serializer_class(self) -> type[BaseSerializer[User]]:
        return self.serializers.get(self.action, UserSerializer)

    def get_queryset(self) -> UserQuerySet:
        return User.objects.for_user(self.request.user, "view")

    def perform_create(self, serializer: BaseSerializer[User]) -> None:
        """With the sign-up's letter that confirms the address, unless the account is kept shut."""
        user = serializer.save()
        if user.is_active:
            EmailAddress.objects.get(user=user).send_confirmation(self.request._request, signup=True)

    def perform_destroy(self, instance: User) -> None:
        services.anonymise(user=instance, by=cast("User", self.request.user))
