from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from accounts import access
from accounts.models import User


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]
    """Logs people in by e-mail, and answers `user.has_perm("courses.change_course", course)` from the role table."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return isinstance(user_obj, User) and access.allows(user_obj, perm, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return isinstance(user_obj, User) and access.allows_module(user_obj, app_label)

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        return {permission for permission in access.GRANTS if self.has_perm(user_obj, permission, obj)}
