"""Joining the school and its organisations."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import Role
from accounts.models import DELETED_HOST, Membership, Organization, User
from accounts.slugs import free_slug
from accounts.tokens import sign_out_everywhere
from crm.errors import RuleBroken
from events.outbox import emit
from events.privacy import forget, forget_letters
from events.transactions import in_transaction

RIGHTS = {"is_active", "is_staff", "is_superuser"}


class EmailTaken(RuleBroken):
    code = "email_taken"
    status = 422
    field = "email"
    message = _("There is already an account with this e-mail.")


class SuperusersOnly(RuleBroken):
    code = "superusers_only"
    status = 403
    message = _("Only a superuser may change this.")


class OwnAccount(RuleBroken):
    code = "own_account"
    message = _("Nobody deletes their own account or changes its rights.")


class AlreadyMember(RuleBroken):
    code = "already_member"
    status = 422
    field = "email"
    message = _("This person is already a member.")


class NoAccount(RuleBroken):
    code = "unknown"
    status = 422
    field = "email"
    message = _("There is no account with this e-mail.")


class Unconfirmed(RuleBroken):
    code = "unverified"
    status = 422
    field = "email"
    message = _("This account has not confirmed its e-mail yet.")


class NoLongerMember(RuleBroken):
    code = "not_found"
    status = 404
    message = _("This person is no longer a member.")


class SlugTaken(RuleBroken):
    code = "slug_taken"
    status = 422
    field = "slug"
    message = _("Another organisation has this address.")


class OrganizationInUse(RuleBroken):
    code = "organization_in_use"
    message = _("An organisation that has courses, contacts or deals is not deleted.")


class LastOwner(RuleBroken):
    code = "last_owner"
    message = _("An organisation keeps at least one owner.")


class OwnersOnly(RuleBroken):
    code = "owners_only"
    status = 403
    message = _("Only an owner may add, change or remove an owner.")


def register(*, email: str, name: str, age: int, password: str, language: str) -> User:
    """A new account, its e-mail still to be confirmed. Raises EmailTaken."""
    return _open_account(email, password, by=None, name=name, age=age, language=language)


def open_account(*, email: str, password: str, by: User, **fields: Any) -> User:
    """An account that staff open for somebody, its e-mail still to be confirmed. Raises EmailTaken, SuperusersOnly."""
    if not by.is_superuser and (fields.get("is_staff") or fields.get("is_superuser")):
        raise SuperusersOnly
    return _open_account(email, password, by=by, **fields)


def _open_account(email: str, password: str, *, by: User | None, **fields: Any) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, by=by, **fields)
            EmailAddress.objects.create(user=user, email=user.email, primary=True)
    except IntegrityError as error:
        if User.objects.filter(email=email.lower()).exists():
            raise EmailTaken from error
        raise
    return user


@in_transaction
def change_account(*, user: User, by: User, **changes: Any) -> User:
    """Set fields of a person; a value that is there already is no change. A deactivation ends sessions and tokens.

    Raises SuperusersOnly or OwnAccount.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
    _check_rights(user, by, changed.keys() & RIGHTS)
    for name, value in changed.items():
        setattr(user, name, value)
    user.save(update_fields=list(changed))
    if not changed.get("is_active", True):
        sign_out_everywhere(user=user)
    return user


@in_transaction
def anonymise(*, user: User, by: User) -> User:
    """Forget a person and keep the school's books: enrolments and reviews stay, with nobody's name on them.

    Raises OwnAccount, or LastOwner when an organisation would be left without one.
    """
    if user.pk == by.pk:
        raise OwnAccount
    _check_owns_nothing_alone(user)
    user.memberships.all().delete()
    EmailAddress.objects.filter(user=user).delete()
    forget(topic="user-events", key=user.pk)
    forget_letters(to=user.email)
    user.name, user.email = gettext("deleted person"), f"deleted-{user.pk}{DELETED_HOST}"
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save(update_fields=["name", "email", "password", *RIGHTS])
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    about.update(object_repr=user.name)  # the admin's journal repeats names and addresses
    emit("user.deleted", key=user.pk, user_id=user.pk, actor_id=by.pk)
    return user


@transaction.atomic
def use_email_alone(*, user: User) -> None:
    """Make the account's e-mail its only address for signing in and for reset letters, confirmed by whoever set it."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


@transaction.atomic
def create_organization(*, organization: Organization, by: User) -> Organization:
    """Save a new organisation, which `by` owns. Without a slug it gets a free one from its name. Raises SlugTaken."""
    organization.slug = organization.slug or free_slug(Organization, organization.name, longest=70, otherwise="school")
    _save_organization(organization)
    Membership.objects.create(user=by, organization=organization, role=Role.OWNER)
    emit(
        "organization.created",
        key=organization.pk,
        organization_id=organization.pk,
        name=organization.name,
        actor_id=by.pk,
    )
    return organization


def update_organization(*, organization: Organization, **changes: str) -> Organization:
    """Raises SlugTaken."""
    for name, value in changes.items():
        setattr(organization, name, value)
    _save_organization(organization, update_fields=list(changes))
    return organization


@in_transaction
def delete_organization(*, organization: Organization) -> None:
    """Take an organisation and its memberships away. Raises OrganizationInUse: what students hold is never lost."""
    try:
        Organization.objects.select_for_update().filter(pk=organization.pk).delete()
    except ProtectedError as error:
        raise OrganizationInUse from error


def confirmed_account(*, email: str) -> User:
    """The active account of an e-mail. Raises NoAccount or Unconfirmed.

    Anybody can open an account with somebody else's address; only its owner can confirm it.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        raise NoAccount
    if not EmailAddress.objects.filter(user=user, email=email, verified=True).exists():
        raise Unconfirmed
    return user


def add_member(*, organization: Organization, user: User, role: Role, by: User) -> Membership:
    """Raises AlreadyMember, or OwnersOnly when `by` is no owner and the role is."""
    _check_owner_touched(organization, by, role)
    try:
        with transaction.atomic():
            return Membership.objects.create(organization=organization, user=user, role=role)
    except IntegrityError as error:
        raise AlreadyMember from error


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User) -> Membership:
    """Raises LastOwner or OwnersOnly."""
    membership = _locked(membership)
    _check_owner_touched(membership.organization, by, role, Role(membership.role))
    if role != Role.OWNER:
        _check_not_last_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """Raises LastOwner or OwnersOnly."""
    membership = _locked(membership)
    _check_owner_touched(membership.organization, by, Role(membership.role))
    _check_not_last_owner(membership)
    membership.delete()


def _locked(membership: Membership) -> Membership:
    """The row again, with its organisation locked: two owners who leave at once must not both succeed."""
    Organization.objects.select_for_update().filter(pk=membership.organization_id).first()
    found = Membership.objects.select_related("organization", "user").filter(pk=membership.pk).first()
    if found is None:
        raise NoLongerMember
    return found


def _check_owner_touched(organization: Organization, by: User, *roles: Role) -> None:
    if Role.OWNER in roles and not by.is_superuser and by.roles.get(organization.pk) != Role.OWNER:
        raise OwnersOnly


def _check_rights(user: User, by: User, rights: set[str]) -> None:
    if not rights:
        return
    if by.is_superuser:
        if user == by:
            raise OwnAccount
        return
    if rights != {"is_active"} or user == by or user.is_superuser:
        raise SuperusersOnly


def _check_owns_nothing_alone(user: User) -> None:
    """With the organisations locked: two owners who are deleted at once must not both succeed."""
    theirs = list(Organization.objects.select_for_update().filter(memberships__user=user).order_by("pk"))
    owners = Membership.objects.select_for_update().filter(organization__in=theirs, role=Role.OWNER)
    pairs = set(owners.values_list("organization_id", "user_id"))
    kept = {organization for organization, owner in pairs if owner != user.pk}
    if any(organization not in kept for organization, owner in pairs if owner == user.pk):
        raise LastOwner


def _check_not_last_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner


def _save_organization(organization: Organization, **kwargs: Any) -> None:
    try:
        with transaction.atomic():
            organization.save(**kwargs)
    except IntegrityError as error:
        raise SlugTaken from error
