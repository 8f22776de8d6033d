from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.staff import OrganizationFilter
from sales.admin.base import SalesAdmin
from sales.models import Stage
from sales.services import stages


@admin.register(Stage)
class StageAdmin(SalesAdmin[Stage]):
    list_display = ["name", "position", "percent", "slug", "organization"]
    list_filter = [OrganizationFilter]
    list_prefetch_related = ("organization",)
    sortable_by = ()
    ordering = ["organization", "position", "id"]
    fields = ["organization", "name", "slug", "position", "probability"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Stage | None = None) -> Any:
        return {} if obj else {"slug": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Stage | None = None) -> Any:
        """The timeline knows a stage by its slug, so that stays."""
        return ["organization", "slug"] if obj else []

    def write(self, request: HttpRequest, obj: Stage, form: Any, change: bool) -> None:
        if change:
            stages.update(stage=obj, **self.changed(obj, form))
        else:
            stages.create(stage=obj)

    def delete_model(self, request: HttpRequest, obj: Stage) -> None:
        stages.delete(stage=obj)

    @admin.display(description=_("probability"))
    def percent(self, stage: Stage) -> str:
        return f"{stage.probability} %"
