"""Organisations and their members."""

from typing import Any, cast

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from accounts import services
from accounts.models import Membership, MembershipQuerySet, Organization, OrganizationQuerySet, User
from accounts.organization_serializers import MemberSerializer, NewMemberSerializer, OrganizationSerializer
from accounts.permissions import RolePermission

METHODS = ["get", "post", "patch", "delete", "head", "options"]


class OrganizationViewSet(ModelViewSet[Organization]):
    """The organisations in which the caller has a role; whoever opens one owns it."""

    queryset = Organization.objects.none()
    serializer_class = OrganizationSerializer
    permission_classes = [IsAuthenticated, RolePermission]
    http_method_names = METHODS

    def get_queryset(self) -> OrganizationQuerySet:
        return Organization.objects.for_user(self.request.user, "view")

    def perform_destroy(self, instance: Organization) -> None:
        services.delete_organization(organization=instance)


class MemberViewSet(ModelViewSet[Membership]):
    """Who works in an organisation, and as what. Whoever removes themselves leaves it."""

    queryset = Membership.objects.none()
    serializer_class = MemberSerializer
    permission_classes = [IsAuthenticated, RolePermission]
    http_method_names = METHODS
    lookup_field = "user_id"
    lookup_value_regex = "[0-9]{1,18}"  # what a database holds as a key

    @cached_property
    def organization(self) -> Organization:
        mine = Organization.objects.for_user(self.request.user, "view")
        return get_object_or_404(mine, pk=self.kwargs["organization_id"])

    def get_queryset(self) -> MembershipQuerySet:
        rows = Membership.objects.for_list()
        return rows.for_user(self.request.user, "view", self.organization)

    @extend_schema(request=NewMemberSerializer, responses={201: MemberSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give an existing account a role."""
        if not Membership.objects.may_add(request.user, self.organization):
            raise PermissionDenied
        form = NewMemberSerializer(data=request.data, context={"request": request, "organization": self.organization})
        form.is_valid(raise_exception=True)
        return Response(self.get_serializer(form.save()).data, status=201)

    def perform_destroy(self, instance: Membership) -> None:
        services.remove_member(membership=instance, by=cast("User", self.request.user))
