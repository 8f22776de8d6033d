from typing import Any

from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver

from accounts import tokens
from accounts.models import TokenFamily, User


@receiver(user_logged_in)
@transaction.atomic
def tell_of_session(sender: Any, user: User, **kwargs: Any) -> None:
    """Behind every door that opens a session: the pages, the admin and the API."""
    tokens.tell_of_login(user)


@receiver(user_logged_out)
def sign_out_everywhere(sender: Any, user: Any, **kwargs: Any) -> None:
    """The pages, the admin and the API have each their own door out; behind each, every device is signed out."""
    if isinstance(user, User):
        tokens.sign_out_everywhere(user=user)


@receiver(authenticator_added)
def end_tokens_of_the_password_alone(sender: Any, user: User, **kwargs: Any) -> None:
    """A second factor is worth nothing while tokens live on that were had without it."""
    TokenFamily.objects.filter(user=user).delete()
