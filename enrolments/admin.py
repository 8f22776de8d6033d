from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import ModelResource

from accounts.staff import OrganizationFilter, ScopedExport, shown
from accounts.verbs import VerbAdmin
from enrolments import services
from enrolments.models import Enrolment

Status = Enrolment.Status


class EnrolmentResource(ModelResource):  # type: ignore[misc]
    course = Field("course__title", column_name="course")
    student = Field("student__name", column_name="student")
    email = Field("student__email", column_name="email")

    class Meta:
        model = Enrolment
        fields = ["id", "course", "student", "email", "status", "applied_at", "decided_at"]
        export_order = fields


@admin.register(Enrolment)
class EnrolmentAdmin(ScopedExport, VerbAdmin[Enrolment]):
    """Applications and students. Nothing is typed here: an enrolment changes by its verbs alone."""

    resource_classes = [EnrolmentResource]
    list_display = ["student", "status", "course", "applied_at", "decided_by"]
    list_filter = ["status", OrganizationFilter]
    list_prefetch_related = (
        "student",
        "course",
        "decided_by",
    )
    search_fields = ["student__email", "student__name", "course__title"]
    sortable_by = ["applied_at"]
    fields = ["student_", "course", "status", "applied_at", "queued_at", "decided_at", "decided_by_"]
    readonly_fields = ["student_", "decided_by_"]
    student_, decided_by_ = shown("student", _("student")), shown("decided_by", _("decided by"))
    verbs = {
        "accept": (_("Accept"), services.accept),
        "reject": (_("Reject"), services.reject),
        "cancel": (_("Withdraw"), services.cancel),
        "complete": (_("Complete"), services.complete),
    }
    becomes = {
        "accept": Status.ACCEPTED,
        "reject": Status.REJECTED,
        "cancel": Status.CANCELLED,
        "complete": Status.COMPLETED,
    }

    def offers(self, verb: str, row: Enrolment) -> bool:
        return row.may_become(self.becomes[verb])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Enrolment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Enrolment | None = None) -> bool:
        return False
