"""Who may do what: the one table that grants anything, and the querysets that carry it out.

The table's columns are the roles of a membership, and last what anyone may do without one. A permission has Django's
own name, `app.action_model`. Pages, the API and the admin all ask `Model.objects.for_user(user, action)`.
"""

from enum import Flag, auto
from typing import Any, ClassVar, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model, covariant=True)


class Actor(Protocol):
    """Whoever asks: a user, or a visitor who has not signed in and so has no roles."""

    @property
    def pk(self) -> Any: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_authenticated(self) -> Any: ...
    @property
    def is_superuser(self) -> bool: ...


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    ADMIN = "admin", _("administrator")
    MANAGER = "manager", _("course manager")
    SALES = "sales", _("sales")
    MEMBER = "member", _("member")
    VIEWER = "viewer", _("viewer")


class Scope(Flag):
    """How far a grant reaches: no row, the person's own, those that everybody may see, all of the organisation."""

    NONE = 0
    OWN = auto()
    PUBLIC = auto()
    ORG = auto()


NONE, OWN, PUBLIC, ORG = Scope.NONE, Scope.OWN, Scope.PUBLIC, Scope.ORG
COLUMNS: tuple[Role | None, ...] = (*Role, None)

# fmt: off
#                               owner admin manager sales member viewer anyone
SALES_VIEW                   = (ORG,  ORG,  ORG,  ORG,  OWN,  ORG,  NONE)
SALES_ADD                    = (ORG,  ORG,  ORG,  ORG,  ORG,  NONE, NONE)
SALES_CHANGE                 = (ORG,  ORG,  ORG,  OWN,  OWN,  NONE, NONE)
LEADERS                      = (ORG,  ORG,  NONE, NONE, NONE, NONE, NONE)
MANAGERS                     = (ORG,  ORG,  ORG,  NONE, NONE, NONE, NONE)
EVERY_ROLE                   = (ORG,  ORG,  ORG,  ORG,  ORG,  ORG,  NONE)
OWNERS                       = (ORG,  NONE, NONE, NONE, NONE, NONE, NONE)
GRANTS: dict[str, tuple[Scope, ...]] = {
    **{
        f"sales.{action}_{model}": row
        for model in ("contact", "deal", "task", "activity")
        for action, row in (
            ("view", SALES_VIEW), ("add", SALES_ADD), ("change", SALES_CHANGE), ("delete", MANAGERS),
        )
    },
    "sales.take_deal":             (ORG,  ORG,  ORG,  ORG,  NONE, NONE, NONE),
    "sales.rollback_deal":         LEADERS,
    "sales.reopen_deal":           LEADERS,
    "sales.merge_contact":         MANAGERS,
    "sales.import_contact":        MANAGERS,
    "sales.export_contact":        MANAGERS,
    "sales.export_deal":           MANAGERS,
    "sales.view_analytics":        SALES_VIEW,
    "sales.view_stage":            EVERY_ROLE,
    "sales.add_stage":             LEADERS,
    "sales.change_stage":          LEADERS,
    "sales.delete_stage":          LEADERS,
    "courses.view_course":         (ORG,  ORG,  ORG,  ORG,  ORG,  ORG,  PUBLIC),
    "courses.add_course":          MANAGERS,
    "courses.change_course":       MANAGERS,
    "courses.publish_course":      MANAGERS,
    "courses.archive_course":      MANAGERS,
    "courses.export_course":       MANAGERS,
    "enrolments.view_enrolment":   (ORG,  ORG,  ORG,  ORG,  NONE, ORG,  OWN),
    "enrolments.cancel_enrolment": (ORG,  ORG,  ORG,  NONE, NONE, NONE, OWN),
    "enrolments.accept_enrolment": MANAGERS,
    "enrolments.reject_enrolment": MANAGERS,
    "enrolments.complete_enrolment": MANAGERS,
    "enrolments.export_enrolment": MANAGERS,
    "feedback.view_feedback":      (ORG,  ORG,  ORG,  NONE, NONE, NONE, OWN | PUBLIC),
    "feedback.change_feedback":    (NONE, NONE, NONE, NONE, NONE, NONE, OWN),
    "feedback.hide_feedback":      MANAGERS,
    "feedback.show_feedback":      MANAGERS,
    "feedback.delete_feedback":    (ORG,  ORG,  ORG,  NONE, NONE, NONE, OWN),
    "feedback.view_bannedword":    MANAGERS,
    "feedback.add_bannedword":     MANAGERS,
    "feedback.change_bannedword":  MANAGERS,
    "feedback.delete_bannedword":  MANAGERS,
    "accounts.view_organization":  EVERY_ROLE,
    "accounts.change_organization": LEADERS,
    "accounts.delete_organization": OWNERS,
    "accounts.view_membership":    EVERY_ROLE,
    "accounts.add_membership":     LEADERS,
    "accounts.change_membership":  LEADERS,
    "accounts.delete_membership":  (ORG,  ORG,  NONE, NONE, NONE, NONE, OWN),
}
# fmt: on


def scope_of(permission: str, role: Role | None) -> Scope:
    """What a role, or no role (None), reaches. Raises LookupError for a permission that is not in the table."""
    if permission not in GRANTS:
        message = f"{permission} is not in the table of accounts/access.py"
        raise LookupError(message)
    return GRANTS[permission][COLUMNS.index(role)]


def roles_of(user: Actor) -> dict[int, Role]:
    """The role in each organisation, by its id."""
    return getattr(user, "roles", {})


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of an organisation. Each model says where its organisation is, and which rows are own or public."""

    organization_path: ClassVar[str] = "organization"

    def own(self, user_id: int) -> Q:
        """Which rows are the person's own, for the scope OWN."""
        raise NotImplementedError

    def public(self) -> Q:
        """Which rows everybody may see, for the scope PUBLIC."""
        raise NotImplementedError

    def for_list(self) -> Self:
        """With the related rows that a list shows."""
        return self

    def for_user(self, user: Actor, action: str, organization: models.Model | None = None) -> Self:
        """The rows on which `user` may do `action`, by a role or as anyone may. LookupError for an unknown one."""
        condition = self._by_role(user, action)
        if condition is not None:
            condition |= self._reach(scope_of(self._permission(action), None), user)
        return self._where(condition, organization)

    def for_staff(self, user: Actor, action: str, organization: models.Model | None = None) -> Self:
        """The rows on which `user` may do `action` by a role alone: for the admin and organisation-wide lists."""
        return self._where(self._by_role(user, action), organization)

    def may_add(self, user: Actor, organization: models.Model) -> bool:
        """Whether `user` may add a row of this model to an organisation; there is no row yet that could be listed."""
        role = roles_of(user).get(organization.pk)
        return user.is_superuser or (role is not None and scope_of(self._permission("add"), role) is not NONE)

    def _where(self, condition: Q | None, organization: models.Model | None) -> Self:
        rows = self if condition is None else self.filter(condition)
        return rows if organization is None else rows.filter(**{self.organization_path: organization})

    def _by_role(self, user: Actor, action: str) -> Q | None:
        """None means no limit: a platform superuser."""
        permission = self._permission(action)
        scope_of(permission, None)
        if user.is_active and user.is_superuser:
            return None
        condition = Q(pk__in=[])
        for organization_id, role in roles_of(user).items():
            here = Q(**{self.organization_path: organization_id})
            condition |= here & self._reach(scope_of(permission, role), user)
        return condition

    def _reach(self, scope: Scope, user: Actor) -> Q:
        if ORG in scope:
            return Q()
        condition = Q(pk__in=[])
        if PUBLIC in scope:
            condition |= self.public()
        if OWN in scope and user.is_authenticated and user.is_active:
            condition |= self.own(user.pk)
        return condition

    def _permission(self, action: str) -> str:
        return f"{self.model._meta.app_label}.{action}_{self.model._meta.model_name}"


def allows(user: Actor, permission: str, obj: models.Model | None = None) -> bool:
    """Whether `user` has a permission: on a row, exactly when `for_user` would list it; without a row, by any role."""
    if not user.is_active:
        return False
    if user.is_superuser:
        return True
    if permission not in GRANTS:
        return False
    rows = None if obj is None else _scoped(type(obj))
    if obj is None or rows is None:
        return any(scope_of(permission, role) is not NONE for role in roles_of(user).values())
    action = permission.removeprefix(f"{obj._meta.app_label}.").removesuffix(f"_{obj._meta.model_name}")
    if permission != f"{obj._meta.app_label}.{action}_{obj._meta.model_name}":
        return False  # a permission on another model says nothing about this row
    return rows.for_user(user, action).filter(pk=obj.pk).exists()


def allows_module(user: Actor, app_label: str) -> bool:
    return any(allows(user, permission) for permission in GRANTS if permission.startswith(f"{app_label}."))


def _scoped(model: type[models.Model]) -> ScopedQuerySet[Any] | None:
    rows = model._default_manager.all()
    return rows if isinstance(rows, ScopedQuerySet) else None
