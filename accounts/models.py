from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, validate_email
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.access import ORG, Actor, Role, ScopedQuerySet, roles_of, scope_of
from events.outbox import emit

MIN_AGE, MAX_AGE = 10, 120
DELETED_HOST = "@invalid"  # no real address ends so (RFC 2606)


def clean_email(email: str) -> str:
    """The one form in which an address is stored: lower case. Raises ValidationError.

    Lower case can be longer than what was typed, or hold other letters («İ»), so it is checked again; a local part
    beyond ASCII cannot be written to by most mail servers.
    """
    email = email.strip().lower()
    validate_email(email)
    if not email.rpartition("@")[0].isascii():
        raise ValidationError(_("Enter a valid email address."), code="invalid")
    return email


one_line = RegexValidator(r"^[^\x00-\x1f\x7f]*\Z", _("Write this on one line."))


class UserQuerySet(models.QuerySet["User"]):
    # Staff reach the people of the organisations whose enrolments they may all see, or decide on.
    REACH = {"view": "enrolments.view_enrolment", "change": "enrolments.accept_enrolment", "delete": None}

    def for_user(self, user: Actor, action: str) -> Self:
        """The people on whom `user` may do `action`: oneself, and for staff those of their organisations.

        Only students are changed, and only those of no other organisation: an account is one for all of them. Whoever
        has a role is seen alone, since anybody may be given one without being asked. Only superusers delete.
        Raises LookupError for an unknown action.
        """
        permission, rows = self.REACH[action], self.not_deleted()
        if user.is_active and user.is_superuser:
            return rows
        if permission is None:
            return rows.none()
        mine = [pk for pk, role in roles_of(user).items() if ORG in scope_of(permission, role)]
        reached = self._of(mine) if user.is_active and getattr(user, "is_staff", False) else Q(pk__in=[])
        if action == "change":
            others = Organization.objects.exclude(pk__in=mine)
            reached &= Q(memberships=None, is_superuser=False) & ~self._of(others)
        return rows.filter(Q(pk=user.pk or 0) | reached)

    def _of(self, organizations: Any) -> Q:
        """Members and students of the organisations; by subqueries, since a join would list a person twice."""
        people = self.model._base_manager
        return Q(pk__in=people.filter(memberships__organization__in=organizations).values("pk")) | Q(
            pk__in=people.filter(enrolments__organization__in=organizations).values("pk")
        )

    def not_deleted(self) -> Self:
        """Without those of whom only their place in the school's books is left (services.anonymise)."""
        return self.exclude(email__endswith=DELETED_HOST)

    def search(self, text: str) -> Self:
        """People whose name or e-mail holds every word of `text`."""
        rows = self
        for word in text.split()[:8]:
            rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return rows


class UserAccounts(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def for_user(self, user: Actor, action: str) -> UserQuerySet:
        return self.get_queryset().for_user(user, action)

    @transaction.atomic
    def create_user(
        self, email: str, password: str | None = None, *, by: "User | None" = None, **fields: Any
    ) -> "User":
        """A saved user with a hashed password, without one an account nobody can log in to; `by` is who opened it."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        user.announce(by=by)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What a person may do comes from memberships alone, so there are no groups and no single permissions."""

    email = models.EmailField(_("e-mail"), max_length=320)
    name = models.CharField(_("name"), max_length=100, validators=[one_line])
    age = models.PositiveSmallIntegerField(
        _("age"), validators=[MinValueValidator(MIN_AGE), MaxValueValidator(MAX_AGE)]
    )
    language = models.CharField(
        _("language of letters"),
        max_length=2,
        choices=[("ru", _("Russian")), ("en", _("English"))],
        default="ru",
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("Opens the admin; what is inside depends on memberships.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Part of every session's and token's proof: raising it ends them all, on every device.
    epoch = models.PositiveIntegerField(default=0, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    groups: None = None  # type: ignore[assignment]
    user_permissions: None = None  # type: ignore[assignment]

    objects: ClassVar[UserAccounts] = UserAccounts()

    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name", "age"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="user_email_unique",
                violation_error_code="unique",
                violation_error_message=_("There is already an account with this e-mail."),
            ),
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="user_email_lowercase"),
            models.CheckConstraint(condition=Q(age__range=(MIN_AGE, MAX_AGE)), name="user_age_range"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def clean(self) -> None:
        super().clean()
        self.email = clean_email(self.email)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        return salted_hmac(
            "accounts.User", f"{self.password}:{self.epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def announce(self, *, by: "User | None") -> None:
        """Tell that the account was opened, by somebody for this person or (None) by the person."""
        emit(
            "user.created",
            key=self.pk,
            user_id=self.pk,
            email=self.email,
            name=self.name,
            age=self.age,
            is_admin=self.is_staff,
            actor_id=(by or self).pk,
        )

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def roles(self) -> dict[int, Role]:
        """The person's role in each organisation, by its id; read once per request."""
        return {pk: Role(role) for pk, role in self.memberships.values_list("organization_id", "role")}


class TokenFamily(models.Model):
    """One sign-in of a program: each refresh replaces its current refresh token, and an old one ends the family."""

    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    current = models.CharField(max_length=32)
    proof = models.CharField(max_length=64)  # the user's session hash: a new password or a sign-out changes it
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("token family")
        verbose_name_plural = _("token families")
        indexes = [models.Index(fields=["expires_at"], name="token_family_expiry")]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def is_alive(self) -> bool:
        hashes = [self.user.get_session_auth_hash(), *self.user.get_session_auth_fallback_hash()]
        return (
            self.expires_at > timezone.now()
            and self.user.is_active
            and any(constant_time_compare(self.proof, valid) for valid in hashes)
        )


class OrganizationQuerySet(ScopedQuerySet["Organization"]):
    organization_path = "pk"


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("Give an IANA time zone such as Europe/Moscow."), code="time_zone")


validate_currency = RegexValidator(r"^[A-Z]{3}$", _("Give a three-letter ISO 4217 code such as RUB."), code="currency")


class Organization(models.Model):
    """A school: it owns courses, contacts and deals, and its members work in it by role."""

    name = models.CharField(_("name"), max_length=200, validators=[one_line])
    slug = models.SlugField(_("slug"), max_length=80)
    currency = models.CharField(_("currency"), max_length=3, default="RUB", validators=[validate_currency])
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Moscow", validators=[validate_time_zone]
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="organization_slug_unique",
                violation_error_code="unique",
                violation_error_message=_("Another organisation has this address."),
            ),
        ]
        indexes = [models.Index(fields=["name", "id"], name="organization_name")]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(ScopedQuerySet["Membership"]):
    def own(self, user_id: int) -> Q:
        return Q(user=user_id)

    def for_list(self) -> Self:
        """Longest-standing members first, with their names by a query of their own."""
        return self.prefetch_related("user").order_by("id")


class Membership(models.Model):
    """One person's role in one organisation."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["organization_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                name="membership_unique",
                violation_error_message=_("This person is already a member."),
            ),
        ]
        indexes = [models.Index(fields=["organization", "id"], name="membership_of_organization")]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"
