from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.access import allows
from accounts.staff import OrganizationFilter, ScopedExport, person, shown
from accounts.verbs import VerbAdmin
from courses import services
from courses.models import Course


class CourseResource(ModelResource):  # type: ignore[misc]
    organization = Field("organization__name", column_name="organization")

    class Meta:
        model = Course
        fields = [
            "id", "organization", "title", "slug", "status", "price", "currency", "capacity", "seats_taken",
            "starts_on", "ends_on", "requires_approval", "reviews",
        ]  # fmt: skip
        export_order = fields


@admin.register(Course)
class CourseAdmin(ScopedExport, VerbAdmin[Course]):
    fields = [
        "organization", "title", "slug", "description", "price", "currency", "capacity", "seats_taken",
        "starts_on", "ends_on", "status", "requires_approval", "reviews", "created_by_", "created_at", "updated_at",
    ]  # fmt: skip
    resource_classes = [CourseResource]
    list_display = ["title", "organization", "status", "price", "currency", "starts_on", "seats", "students"]
    list_filter = ["status", "requires_approval", OrganizationFilter]
    list_prefetch_related = ("organization",)
    search_fields = ["title"]
    sortable_by = ["title", "price", "starts_on"]
    readonly_fields = ["seats_taken", "reviews", "created_by_", "created_at", "updated_at"]
    created_by_ = shown("created_by", _("created by"))
    verbs = {
        "publish": (_("Publish"), services.publish),
        "archive": (_("Archive"), services.archive),
    }

    def get_list_display(self, request: HttpRequest) -> Any:
        """No link to a list that the person may not open."""
        opens = allows(person(request), "enrolments.view_enrolment")
        return [name for name in self.list_display if opens or name != "students"]

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> list[str]:
        return ["organization", *self.readonly_fields] if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Course | None = None) -> bool:
        """A course is archived, never deleted: its students and reviews stay."""
        return False

    def offers(self, verb: str, row: Course) -> bool:
        return row.status != {"publish": Course.Status.PUBLISHED, "archive": Course.Status.ARCHIVED}[verb]

    def write(self, request: HttpRequest, obj: Course, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            services.update(course=obj, by=person(request), **changes)
        else:
            services.create(course=obj, by=person(request))

    def view_on_site(self, obj: Course) -> str:
        return obj.get_absolute_url()

    @admin.display(description=_("seats"))
    def seats(self, course: Course) -> str:
        return f"{course.seats_taken} / {'∞' if course.capacity is None else course.capacity}"

    @admin.display(description=_("students"))
    def students(self, course: Course) -> SafeString:
        address = reverse("admin:enrolments_enrolment_changelist", query={"course__id__exact": course.pk})
        return format_html('<a href="{}">{}</a>', address, _("students"))
