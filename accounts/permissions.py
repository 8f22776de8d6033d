from typing import Any

from django.db.models import Model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User

ACTIONS = {"update": "change", "partial_update": "change", "destroy": "delete"}
READS = {"list", "retrieve", "metadata"}


class RolePermission(BasePermission):
    """In view but not allowed is 403: what is out of view, the viewset's `for_user` queryset has already made 404.

    A viewset's extra action has the permission of its own name: `accept` asks `enrolments.accept_enrolment`.
    """

    def has_object_permission(self, request: Request, view: Any, obj: Model) -> bool:
        if view.action in READS:
            return True
        action = getattr(view, "permission_actions", ACTIONS).get(view.action, view.action)
        meta = obj._meta
        return bool(request.user.has_perm(f"{meta.app_label}.{action}_{meta.model_name}", obj))


class PeoplePermission(BasePermission):
    """Lists of people and new accounts are for staff; what may be done to one person, `for_user` says."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return view.action not in ("list", "create") or bool(getattr(user, "is_staff", False) or user.is_superuser)

    def has_object_permission(self, request: Request, view: Any, obj: Model) -> bool:
        action = "view" if view.action in READS else ACTIONS[view.action]
        return User.objects.for_user(request.user, action).filter(pk=obj.pk).exists()
