from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.generics import CreateAPIView, RetrieveUpdateAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models import User
from accounts.serializers import LoggedInSerializer, LoginSerializer, RegisterSerializer, UserSerializer

LOCKED_OUT_SECONDS = 300  # allauth's own window for failed logins of one e-mail


class Register(CreateAPIView[User]):
    """Open an account."""

    serializer_class = RegisterSerializer
    permission_classes = [AllowAny]

    def perform_create(self, serializer: BaseSerializer[User]) -> None:
        """Within the sign-up page's limit, and with its letter that confirms the address."""
        if not ratelimit.consume(self.request._request, action="signup"):
            raise Throttled(wait=60)
        user = serializer.save()
        EmailAddress.objects.get(user=user).send_confirmation(self.request._request, signup=True)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Login(APIView):
    """Sign in by e-mail and password; the answer sets the session cookie and the CSRF cookie."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(request=LoginSerializer, responses=LoggedInSerializer)
    def post(self, request: Request) -> Response:
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = self._authenticate(request, form.validated_data)
        login(request._request, user)
        get_token(request._request)
        return Response({"message": _("You are signed in."), "user": UserSerializer(user).data})

    def _authenticate(self, request: Request, credentials: dict[str, Any]) -> User:
        """allauth's check, with its limit on failed logins, the same as the login page's."""
        try:
            user = get_adapter().authenticate(request._request, **credentials)
        except ValidationError as error:
            raise Throttled(wait=LOCKED_OUT_SECONDS) from error
        if not isinstance(user, User) or not user.is_active:
            raise AuthenticationFailed(_("The e-mail or the password is wrong."))
        return user

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Logout(APIView):
    """Sign out; the session is destroyed on the server."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        logout(request._request)
        return Response(status=204)


class Me(RetrieveUpdateAPIView[User]):
    """The signed-in person; name and age may be changed."""

    serializer_class = UserSerializer
    http_method_names = ["get", "patch", "head", "options"]

    def get_object(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101 - IsAuthenticated has let only users in
        return self.request.user
