from typing import Any

from django.views.generic import TemplateView

from courses.filters import CourseFilter
from courses.models import Course
from crm.errors import RefusalAsMessage
from crm.pagination import paginate


class CourseList(RefusalAsMessage, TemplateView):
    """The public catalogue."""

    template_name = "courses/course_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = CourseFilter(self.request.GET, queryset=Course.objects.published().for_list())
        rows = found.qs if found.is_valid() else Course.objects.none()
        page = paginate(rows, cursor=self.request.GET.get("cursor"), size=12)
        return super().get_context_data(form=found.form, page=page, **kwargs)

    def back_to(self) -> str:
        return self.request.path
