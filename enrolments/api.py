from typing import cast

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from accounts.permissions import RolePermission
from accounts.tenancy import ORGANIZATION_HEADER, acting_organization
from courses.models import Course
from enrolments import services
from enrolments.filters import EnrolmentFilter
from enrolments.models import Enrolment, EnrolmentQuerySet
from enrolments.serializers import ApplySerializer, EnrolmentSerializer


@extend_schema_view(list=extend_schema(parameters=[ORGANIZATION_HEADER]))
class EnrolmentViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Enrolment]):
    """Who studies what: one's own enrolments, or with `scope=organization` those of the organisation."""

    queryset = Enrolment.objects.none()
    serializer_class = EnrolmentSerializer
    filterset_class = EnrolmentFilter
    permission_classes = [IsAuthenticated, RolePermission]

    def get_queryset(self) -> EnrolmentQuerySet:
        rows = Enrolment.objects.for_list()
        if self.action != "list":
            return rows.for_user(self.request.user, "view")
        if self.request.query_params.get("scope") == "organization":
            return rows.for_staff(self.request.user, "view", acting_organization(self.request))
        return rows.filter(student=self.request.user.pk)

    @extend_schema(summary="Apply for a course", request=ApplySerializer, responses={201: EnrolmentSerializer})
    def create(self, request: Request) -> Response:
        """Apply for a course."""
        form = ApplySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        course = Course.objects.published().filter(pk=form.validated_data["course_id"]).first()
        if course is None:
            raise Http404
        enrolment = services.apply(course=course, by=cast("User", request.user))
        return Response(self.get_serializer(enrolment).data, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Give the applicant a seat."""
        return self._answer(services.accept(enrolment=self.get_object(), by=cast("User", request.user)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Turn the applicant down."""
        return self._answer(services.reject(enrolment=self.get_object(), by=cast("User", request.user)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Withdraw; a seat that was held goes to the longest-waiting student."""
        return self._answer(services.cancel(enrolment=self.get_object(), by=cast("User", request.user)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Mark the course as studied to its end."""
        return self._answer(services.complete(enrolment=self.get_object(), by=cast("User", request.user)))

    def _answer(self, enrolment: Enrolment) -> Response:
        return Response(self.get_serializer(enrolment).data)
