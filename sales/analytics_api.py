"""Figures over HTTP: what they mean is in docs/analytics.md."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.tenancy import ORGANIZATION_HEADER, acting_organization
from courses.models import Course
from crm.pagination import KeysetPagination
from sales import analytics
from sales.analytics_serializers import (
    ActivityFiguresSerializer,
    ContactFiguresSerializer,
    CourseFiguresSerializer,
    DealFiguresSerializer,
    FunnelSerializer,
    PeriodSerializer,
    SummarySerializer,
    TaskFiguresSerializer,
)
from sales.window import Figures, Window, ask

PARAMETERS: list[Any] = [ORGANIZATION_HEADER, PeriodSerializer]


def window_of(request: Request) -> Window:
    """Whose figures the request may see, of the period that it names."""
    organization = acting_organization(request)
    period = PeriodSerializer(data=request.query_params)
    period.is_valid(raise_exception=True)
    days = (period.validated_data.get(name) for name in ("from", "to"))
    return Window.of(request.user, organization, *days)


class FiguresView(APIView):
    permission_classes = [IsAuthenticated]
    figures: ClassVar[Callable[[Window], Figures]]
    serializer_class: ClassVar[type[Serializer[Any]]]

    @extend_schema(parameters=PARAMETERS)
    def get(self, request: Request) -> Response:
        return Response(self.serializer_class(ask(type(self).figures, window_of(request))).data)


class Summary(FiguresView):
    """Figures of deals, tasks, contacts and activities in one body."""

    figures, serializer_class = analytics.summary, SummarySerializer


class Deals(FiguresView):
    """Figures of deals: how many, with which outcomes and amounts."""

    figures, serializer_class = analytics.deals, DealFiguresSerializer


class Funnel(FiguresView):
    """How far deals have come, stage by stage."""

    figures, serializer_class = analytics.funnel, FunnelSerializer


class Tasks(FiguresView):
    """Figures of tasks: done, undone and overdue."""

    figures, serializer_class = analytics.tasks, TaskFiguresSerializer


class Contacts(FiguresView):
    """Figures of contacts: all and the new ones."""

    figures, serializer_class = analytics.contacts, ContactFiguresSerializer


class Activities(FiguresView):
    """Figures of calls, e-mails, meetings and notes."""

    figures, serializer_class = analytics.activities, ActivityFiguresSerializer


class FigurePages(KeysetPagination):
    """Pages that say when their figures were computed."""

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data["results"])
        response.data["computed_at"] = data["computed_at"]
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["required"].append("computed_at")
        page["properties"]["computed_at"] = {"type": "string", "format": "date-time"}
        return page


class Courses(ListAPIView[Course]):
    """Figures of each course: applications, reviews and seats."""

    permission_classes = [IsAuthenticated]
    queryset = Course.objects.none()
    serializer_class = CourseFiguresSerializer
    pagination_class = FigurePages
    filter_backends = []

    @extend_schema(parameters=PARAMETERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        window = window_of(request)
        keys = [course.pk for course in self.paginate_queryset(analytics.courses_of(window).only("pk")) or []]
        figures = ask(analytics.courses, window, keys)
        rows = self.get_serializer(figures["results"], many=True).data
        return self.get_paginated_response({"results": rows, "computed_at": figures["computed_at"]})
