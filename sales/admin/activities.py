from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.staff import OrganizationFilter, ScopedAdmin, shown
from sales.admin.base import MineFilter, name_of
from sales.admin.timeline import told
from sales.models import Activity


class AuthorFilter(MineFilter):
    title = _("author")
    parameter_name = "author"
    nobody = None


@admin.register(Activity)
class ActivityAdmin(ScopedAdmin[Activity]):
    """What has happened, to be read. Lines are written by what they tell of, and on the page of a contact or a deal."""

    list_display = ["created_at", "kind", "what", "author_name", "contact_name", "deal"]
    list_filter = ["kind", AuthorFilter, OrganizationFilter]
    list_prefetch_related = ("author", "contact", "deal", "organization__stages")
    sortable_by = ()
    ordering = ["-created_at", "-id"]
    actions = None
    fields = ["organization", "kind", "what", "author_", "contact", "deal", "happened_at", "minutes", "created_at"]
    readonly_fields = ["what", "author_"]
    author_ = shown("author", _("author"))
    author_name, contact_name = name_of("author", _("author")), name_of("contact", _("contact"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Activity | None = None) -> bool:
        return False

    @admin.display(description=_("text"))
    def what(self, line: Activity) -> Any:
        home = line.organization
        return line.text[:200] or told(line, {stage.slug: stage.name for stage in home.stages.all()}, home.time_zone)
