"""What the admins of sales have in common."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.autocomplete import Finder
from accounts.staff import person
from accounts.verbs import VerbAdmin

M = TypeVar("M", bound=models.Model)


class MineFilter(admin.SimpleListFilter):
    """Rows of the person who looks, and those of nobody."""

    title = pgettext_lazy("of a deal", "owner")
    parameter_name = "owner"
    nobody: Any = _("no owner")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("mine")), *([("none", self.nobody)] if self.nobody else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        wanted = {"mine": request.user.pk, "none": None}
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): wanted[value]}) if value in wanted else queryset


def name_of(field: str, label: Any) -> Any:
    """A list's column with a person's name alone."""

    @admin.display(description=label)
    def show(model_admin: Any, row: models.Model) -> str:
        found = getattr(row, field)
        return found.name if found else "–"

    return show


class SalesAdmin(VerbAdmin[M]):
    """Rows of one organisation: what they point at is chosen inside it."""

    goes_too: Any = ""  # what goes when the row is deleted

    def get_form(self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name, field in form.base_fields.items() if obj else ():
            if isinstance(field, ModelChoiceField):
                self._keep_at_home(request, obj, name, field)
        return form

    def _keep_at_home(self, request: HttpRequest, obj: Any, name: str, field: Any) -> None:
        """Only rows of the organisation, and what is chosen already: its owner may have left."""
        db_field: Any = self.opts.get_field(name)
        chosen = db_field.remote_field.model._default_manager.filter(pk=getattr(obj, db_field.attname))
        field.queryset = self.choices(db_field, request, obj.organization_id) | chosen
        if isinstance(widget := getattr(field.widget, "widget", None), Finder):
            widget.organization = obj.organization_id

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row is the person's, in the only organisation where they may add one."""
        user, homes = person(request), list(self.organizations(request, "add")[:2])
        me = user.pk if user.roles else None
        home = {"organization": homes[0].pk, "currency": homes[0].currency} if len(homes) == 1 else {}
        return {"owner": me, "assignee": me} | home | dict(super().get_changeform_initial_data(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The row alone is asked about: what hangs on it may be a hundred thousand lines."""
        going = [*map(str, objs), *([self.goes_too] if self.goes_too else [])]
        return going, {self.opts.verbose_name_plural: len(objs)}, set(), []

    def changed(self, obj: M, form: Any, but: Sequence[str] = ()) -> dict[str, Any]:
        """What the form changes, as the model has normalised it."""
        return {name: getattr(obj, name) for name in form.changed_data if name not in but}
