from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import MAX_AGE, MIN_AGE, User, clean_email, one_line


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    """allauth's form, with its checks of e-mail and password, over our own registration."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[one_line],
        widget=forms.TextInput({"autocomplete": "name", "autofocus": True}),
    )
    age = forms.IntegerField(label=_("Age"), min_value=MIN_AGE, max_value=MAX_AGE)
    field_order = ["name", "email", "age", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].max_length = 320
        self.fields["email"].widget.attrs["maxlength"] = "320"

    def clean_email(self) -> str:
        return clean_email(super().clean_email())

    def save(self, request: HttpRequest) -> User:
        return services.register(
            email=self.cleaned_data["email"],
            name=self.cleaned_data["name"],
            age=self.cleaned_data["age"],
            password=self.cleaned_data["password1"],
            language=(get_language() or "ru")[:2],
        )


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ["name", "age", "language"]
        widgets = {"name": forms.TextInput({"autocomplete": "name"})}
