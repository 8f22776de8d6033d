from typing import Any

import allauth.mfa.admin  # noqa: F401 - registers what is taken out below
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import services, tokens
from accounts.access import Role
from accounts.models import Membership, Organization, User
from accounts.staff import BoundedPaginator, OrganizationFilter, RefusableAdmin, ScopedAdmin, person
from crm.errors import RuleBroken

admin.site.unregister(Group)  # rights come from memberships alone
admin.site.unregister(Authenticator)  # its page shows the secret


@admin.register(User)
class UserAdmin(RefusableAdmin[User], DjangoUserAdmin[User]):
    """For platform superusers; nobody else's role reaches users."""

    list_display = ["email", "name", "age", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    ordering = ["-id"]
    sortable_by = ["email"]
    filter_horizontal = ()
    actions = ["without_second_factor"]
    paginator = BoundedPaginator
    show_full_result_count = False
    readonly_fields = ["date_joined", "last_login"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "age", "language"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "age", "language", "usable_password", "password1", "password2"]})
    ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name in self.actions}

    @admin.action(description=_("Switch two-step sign-in off, for somebody who lost the phone"), permissions=["change"])
    def without_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        helped = list(people.filter(authenticator__isnull=False).distinct())
        for user in helped:
            Authenticator.objects.filter(user=user).delete()
            self.log_change(request, user, gettext("Switched two-step sign-in off."))
        names = ", ".join(user.email for user in helped)
        told = gettext("Two-step sign-in is off: %s") % names if names else gettext("None of them has it on.")
        self.message_user(request, told)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj != request.user

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nothing stands in the way: what the school keeps of a person stays, without the person."""
        return _going(objs, Membership.objects.filter(user__in=objs))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.anonymise(user=obj, by=person(request))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.use_email_alone(user=obj)
        if not change:
            obj.announce(by=person(request))
        if not obj.is_active:
            tokens.sign_out_everywhere(user=obj)


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin[Organization]):
    list_display = ["name", "slug", "currency", "time_zone"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def get_prepopulated_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        return {} if obj else self.prepopulated_fields

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The school and its team: whatever else it has is no list to read, but the reason why it must stay."""
        return _going(objs, Membership.objects.filter(organization__in=objs))

    def delete_model(self, request: HttpRequest, obj: Organization) -> None:
        services.delete_organization(organization=obj)

    def write(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        if change:
            super().write(request, obj, form, change)
        else:
            services.create_organization(organization=obj, by=person(request))


def _going(objs: Any, memberships: QuerySet[Membership]) -> Any:
    """What the page before a deletion lists and counts: the rows and their memberships; no right is missing."""
    leaving = memberships.select_related("user")
    names = [*map(str, objs), *map(str, leaving)]
    counts = {rows[0]._meta.verbose_name_plural: len(rows) for rows in (objs, leaving) if rows}
    return names, counts, set(), []


class MemberForm(forms.ModelForm[Membership]):
    email = forms.EmailField(label=_("E-mail"), max_length=320, help_text=_("Of an account that exists already."))

    class Meta:
        model = Membership
        fields = ["organization", "role"]

    def clean_email(self) -> str:
        try:
            self.instance.user = services.confirmed_account(email=self.cleaned_data["email"])
        except RuleBroken as refusal:
            raise forms.ValidationError(str(refusal), code=refusal.code) from refusal
        return self.instance.user.email


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin[Membership]):
    list_display = ["user", "role", "organization"]
    list_filter = ["role", OrganizationFilter]
    list_prefetch_related = (
        "user",
        "organization",
    )
    search_fields = ["user__email", "user__name"]
    fields = ["organization", "role"]

    def get_form(self, request: HttpRequest, obj: Membership | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": MemberForm}) | kwargs)

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "organization", "role"] if obj else ["organization", "email", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return ["user", "organization"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def write(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        role, by = Role(obj.role), person(request)
        if change:
            services.change_role(membership=obj, role=role, by=by)
            return
        made = services.add_member(organization=obj.organization, user=obj.user, role=role, by=by)
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(membership=obj, by=person(request))
