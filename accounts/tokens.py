"""Bearer tokens: a short-lived access token, and a refresh token that works once.

Both are JWTs signed with the first of `JWT_KEYS` and verified with any of them. Each names its family, a row: a
sign-out, a new password or a deactivation ends the family, and with it every token of it at once. A refresh token that
comes a second time was stolen from somebody, so it ends its family too.
"""

import uuid
from datetime import timedelta
from typing import Any, NamedTuple

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import TokenFamily, User
from events.outbox import emit

ALGORITHM = "HS256"
ISSUER = "mini-crm"
ACCESS_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=14)


class InvalidToken(Exception):
    """The token is not ours, has expired, was used before, or its family has ended."""


class Pair(NamedTuple):
    access: str
    refresh: str


def tell_of_login(user: User) -> None:
    emit("user.logged_in", key=user.pk, user_id=user.pk, email=user.email, actor_id=user.pk)


@transaction.atomic
def issue(user: User) -> Pair:
    """The first pair of a new family, which is a login.

    Families that have expired go, so that the table does not grow for ever.
    """
    now = timezone.now()
    TokenFamily.objects.filter(user=user, expires_at__lt=now).delete()
    family = TokenFamily.objects.create(
        user=user, current=uuid.uuid4().hex, proof=user.get_session_auth_hash(), expires_at=now + REFRESH_LIFE
    )
    tell_of_login(user)
    return _pair(family)


def refresh(token: str) -> Pair:
    """The next pair. Raises InvalidToken; of two calls with one token exactly one succeeds."""
    claims = _decode(token, "refresh")
    family = _alive(claims)
    following, expires_at = uuid.uuid4().hex, timezone.now() + REFRESH_LIFE
    unused = TokenFamily.objects.filter(pk=family.pk, current=claims["jti"])
    if not unused.update(current=following, expires_at=expires_at):
        family.delete()
        raise InvalidToken
    family.current = following
    return _pair(family)


def revoke(token: str) -> None:
    """End the family of a refresh token; one that is no good any more is as good as revoked."""
    try:
        _alive(_decode(token, "refresh")).delete()
    except InvalidToken:
        return


def user_of(token: str) -> User:
    """Whose access token it is, in one query. Raises InvalidToken."""
    return _alive(_decode(token, "access")).user


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


def _pair(family: TokenFamily) -> Pair:
    return Pair(
        access=_encode(family, "access", uuid.uuid4().hex, ACCESS_LIFE),
        refresh=_encode(family, "refresh", family.current, REFRESH_LIFE),
    )


def _encode(family: TokenFamily, use: str, jti: str, life: timedelta) -> str:
    now = timezone.now()
    claims = {"iss": ISSUER, "sub": str(family.user_id), "family": family.pk, "use": use, "jti": jti}
    return jwt.encode(claims | {"iat": now, "exp": now + life}, settings.JWT_KEYS[0], algorithm=ALGORITHM)


def _decode(token: str, use: str) -> dict[str, Any]:
    for key in settings.JWT_KEYS:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "jti", "family", "use"]},
            )
        except jwt.InvalidSignatureError:
            continue  # signed with another of the keys, or with none
        except jwt.PyJWTError as error:
            raise InvalidToken from error
        if claims["use"] == use:
            return claims
        break
    raise InvalidToken


def _alive(claims: dict[str, Any]) -> TokenFamily:
    family = TokenFamily.objects.select_related("user").filter(pk=claims["family"], user=claims["sub"]).first()
    if family is None or not family.is_alive:
        raise InvalidToken
    return family
