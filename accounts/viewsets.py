"""What the viewsets of an organisation's rows share: where a request acts, which rows it reaches, what it may leave."""

from typing import Any, TypeVar, cast

from django.db.models import Model
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from accounts.access import ScopedQuerySet
from accounts.models import Organization, User
from accounts.permissions import RolePermission
from accounts.tenancy import ORGANIZATION_HEADER, acting_organization
from events.transactions import in_transaction

M = TypeVar("M", bound=Model)


@extend_schema(parameters=[ORGANIZATION_HEADER])
class ScopedViewSet(GenericViewSet[M]):
    """The rows of one organisation that the caller may see. `queryset` names the model, and is empty."""

    queryset: ScopedQuerySet[M]
    permission_classes = [IsAuthenticated, RolePermission]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    @cached_property
    def organization(self) -> Organization:
        return acting_organization(self.request)

    @property
    def by(self) -> User:
        return cast("User", self.request.user)

    @property
    def rows(self) -> ScopedQuerySet[M]:
        rows: ScopedQuerySet[M] = self.queryset.model._default_manager.all()  # type: ignore[assignment]
        return rows

    def get_queryset(self) -> ScopedQuerySet[M]:
        rows = self.rows.for_user(self.request.user, "view", self.organization)
        return rows.for_list() if self.action == "list" else rows

    def filter_queryset(self, queryset: Any) -> Any:
        """Filters narrow lists; one row is found by its id alone."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset


class ScopedModelViewSet(ScopedViewSet[M], ModelViewSet[M]):
    """Rows that are written, too. Whoever writes a row must still reach it afterwards, or nothing is written."""

    @in_transaction
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self.rows.may_add(self.by, self.organization):
            raise PermissionDenied
        return super().create(request, *args, **kwargs)

    @in_transaction
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().partial_update(request, *args, **kwargs)

    def perform_create(self, serializer: BaseSerializer[M]) -> None:
        self._check_reach(serializer.save(), "view")

    def perform_update(self, serializer: BaseSerializer[M]) -> None:
        self._check_reach(serializer.save(), "change")

    def _check_reach(self, row: M, action: str) -> None:
        if not self.rows.for_user(self.by, action, self.organization).filter(pk=row.pk).exists():
            raise PermissionDenied(_("You would not reach this row afterwards; nothing was saved."))
