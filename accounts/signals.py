from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from accounts import tokens
from accounts.models import User


@receiver(user_logged_out)
def sign_out_everywhere(sender: Any, user: Any, **kwargs: Any) -> None:
    """The pages, the admin and the API have each their own door out; behind each, every device is signed out."""
    if isinstance(user, User):
        tokens.sign_out_everywhere(user=user)
