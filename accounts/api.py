from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib.auth import SESSION_KEY, login, logout, update_session_auth_hash
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.generics import CreateAPIView, RetrieveUpdateAPIView
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts import tokens
from accounts.models import User
from accounts.serializers import (
    LoggedInSerializer,
    LoginSerializer,
    PasswordSerializer,
    RefreshSerializer,
    RegisterSerializer,
    TokenPairSerializer,
    TokenSerializer,
    UserSerializer,
)  # fmt: skip
from accounts.signin import authenticate, basic_credentials
from crm.parsers import StrictJSONParser


class Register(CreateAPIView[User]):
    """Open an account."""

    serializer_class = RegisterSerializer
    permission_classes = [AllowAny]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Within the sign-up page's limit, which counts refused attempts too: they tell whose address is known."""
        if not ratelimit.consume(request._request, action="signup"):
            raise Throttled(wait=60)
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: BaseSerializer[User]) -> None:
        """With the letter that confirms the address."""
        user = serializer.save()
        EmailAddress.objects.get(user=user).send_confirmation(self.request._request, signup=True)


class SignIn(APIView):
    """Base of the doors that take a password: whoever comes is nobody yet."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Login(SignIn):
    """Sign in by e-mail and password, or by HTTP Basic; the answer sets the session cookie and the CSRF cookie."""

    @extend_schema(request=LoginSerializer, responses=LoggedInSerializer)
    def post(self, request: Request) -> Response:
        basic = basic_credentials(request)
        form = LoginSerializer(data=basic or request.data)
        if not form.is_valid(raise_exception=basic is None):
            raise AuthenticationFailed(_("The e-mail or the password is wrong."))
        user = authenticate(request, **form.validated_data)
        login(request._request, user)
        get_token(request._request)
        return Response({"message": _("You are signed in."), "user": UserSerializer(user).data})


class Logout(APIView):
    """Sign out on every device; the session is destroyed on the server."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        request._request.user = request.user  # whoever came with a token has no session to be known by
        logout(request._request)
        return Response(status=204)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Password(APIView):
    """Change the password; every other session and every token ends."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        if not ratelimit.consume(request._request, action="reauthenticate", user=request.user):
            raise Throttled(wait=60)
        form = PasswordSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        user = cast("User", request.user)
        tokens.change_password(user=user, password=form.validated_data["new_password"])
        if request.session.get(SESSION_KEY) == str(user.pk):
            update_session_auth_hash(request._request, user)
        return Response(status=204)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Token(SignIn):
    """A pair of tokens for an e-mail and a password, as JSON or as the OAuth2 password form."""

    parser_classes = [StrictJSONParser, FormParser]

    @extend_schema(request=TokenSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = TokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return _answer(tokens.issue(authenticate(request, **form.validated_data)))


class TokenRefresh(SignIn):
    """The next pair for a refresh token, which works once; a second use ends its family."""

    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            return _answer(tokens.refresh(form.validated_data["refresh_token"]))
        except tokens.InvalidToken as error:
            raise AuthenticationFailed(_("The token is not valid any more."), code="invalid_token") from error


class TokenRevoke(SignIn):
    """End the family of a refresh token."""

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        tokens.revoke(form.validated_data["refresh_token"])
        return Response(status=204)


def _answer(pair: tokens.Pair) -> Response:
    body = {"access_token": pair.access, "refresh_token": pair.refresh, "token_type": "bearer"}
    return Response(
        body | {"expires_in": int(tokens.ACCESS_LIFE.total_seconds())}, headers={"Cache-Control": "no-store"}
    )


class Me(RetrieveUpdateAPIView[User]):
    """The signed-in person; name and age may be changed."""

    serializer_class = UserSerializer
    http_method_names = ["get", "patch", "head", "options"]

    def get_object(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101 - IsAuthenticated has let only users in
        return self.request.user
