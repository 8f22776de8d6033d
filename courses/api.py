from typing import cast

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from accounts.models import User
from accounts.permissions import RolePermission
from accounts.tenancy import ORGANIZATION_HEADER, acting_organization
from courses import services
from courses.filters import CourseApiFilter
from courses.models import Course, CourseQuerySet
from courses.serializers import CourseSerializer


@extend_schema_view(create=extend_schema(parameters=[ORGANIZATION_HEADER]))
@method_decorator(conditional_page, name="dispatch")
class CourseViewSet(ModelViewSet[Course]):
    """The catalogue: published courses for everybody, drafts for the staff of their organisation."""

    queryset = Course.objects.none()
    serializer_class = CourseSerializer
    filterset_class = CourseApiFilter
    permission_classes = [IsAuthenticatedOrReadOnly, RolePermission]
    permission_actions = {"update": "change", "partial_update": "change", "destroy": "archive"}

    def get_queryset(self) -> CourseQuerySet:
        if self.action == "list" and "status" not in self.request.query_params:
            return Course.objects.published()
        return Course.objects.for_user(self.request.user, "view")

    def perform_create(self, serializer: BaseSerializer[Course]) -> None:
        organization = acting_organization(self.request)
        if not Course.objects.may_add(self.request.user, organization):
            raise PermissionDenied
        serializer.save(organization=organization)

    def perform_destroy(self, instance: Course) -> None:
        services.archive(course=instance, by=cast("User", self.request.user))
