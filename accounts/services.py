"""Joining the school and its organisations."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from slugify import slugify

from accounts.access import Role
from accounts.models import Membership, Organization, TokenFamily, User
from crm.errors import RuleBroken
from events.outbox import emit


class EmailTaken(RuleBroken):
    code = "email_taken"
    status = 422
    field = "email"
    message = _("There is already an account with this e-mail.")


class AlreadyMember(RuleBroken):
    code = "already_member"
    status = 422
    field = "user"
    message = _("This person is already a member.")


class LastOwner(RuleBroken):
    code = "last_owner"
    message = _("An organisation keeps at least one owner.")


class OwnersOnly(RuleBroken):
    code = "owners_only"
    status = 403
    message = _("Only an owner may add, change or remove an owner.")


def register(*, email: str, name: str, age: int, password: str, language: str) -> User:
    """A new account, its e-mail still to be confirmed. Raises EmailTaken."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, age=age, language=language)
            EmailAddress.objects.create(user=user, email=user.email, primary=True)
            emit(
                "user.created",
                key=user.pk,
                user_id=user.pk,
                email=user.email,
                name=name,
                age=age,
                is_admin=False,
            )
    except IntegrityError as error:
        if User.objects.filter(email=email.lower()).exists():
            raise EmailTaken from error
        raise
    return user


@transaction.atomic
def use_email_alone(*, user: User) -> None:
    """Make the account's e-mail its only address for signing in and for reset letters, confirmed by whoever set it."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


@transaction.atomic
def sign_out_everywhere(*, user: User) -> None:
    """End every session and every token of the person, on every device."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    TokenFamily.objects.filter(user=user).delete()


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a new password; sessions and tokens that were opened with the old one end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    TokenFamily.objects.filter(user=user).delete()


@transaction.atomic
def create_organization(*, name: str, by: User, **fields: str) -> Organization:
    """A new organisation that `by` owns. Its slug comes from the name, with a number added when it is taken."""
    organization = Organization.objects.create(name=name, slug=fields.pop("slug", "") or _free_slug(name), **fields)
    Membership.objects.create(user=by, organization=organization, role=Role.OWNER)
    return organization


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
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    return Membership.objects.select_related("organization", "user").get(pk=membership.pk)


def _check_owner_touched(organization: Organization, by: User, *roles: Role) -> None:
    if Role.OWNER in roles and not by.is_superuser and by.roles.get(organization.pk) != Role.OWNER:
        raise OwnersOnly


def _check_not_last_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner


def _free_slug(name: str) -> str:
    base = slugify(name, max_length=70) or "school"
    taken = set(Organization.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
