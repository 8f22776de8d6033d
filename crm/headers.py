"""What the client says of itself; also shows an integrator which headers survive the proxies."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class HeadersSerializer(serializers.Serializer[dict[str, str]]):
    ua = serializers.CharField()
    lang = serializers.CharField()


class Headers(APIView):
    """The request's User-Agent and Accept-Language."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(responses=HeadersSerializer)
    def get(self, request: Request) -> Response:
        agent, language = self._required("User-Agent"), self._required("Accept-Language")
        if "curl" in agent.lower():
            raise ParseError(_("This agent is not served here."), code="agent_refused")
        return Response({"ua": agent, "lang": language})

    def _required(self, name: str) -> str:
        value = str(self.request.headers.get(name, ""))
        if not value:
            raise ParseError(_("The header %(name)s is missing.") % {"name": name}, code="header_missing")
        return value
