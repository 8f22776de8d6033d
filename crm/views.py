"""Pages that put several apps together."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView

from courses.models import Course
from crm.errors import RefusalAsMessage
from enrolments.models import Enrolment, studied_by
from feedback.models import Feedback
from feedback.views import ReviewFormView

BEST = 6


class Home(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        best = Course.objects.published().for_list().order_by("-reviews", "-id")[:BEST]
        return super().get_context_data(courses=best, **kwargs)


class CoursePage(RefusalAsMessage, ReviewFormView):
    """A course with the visitor's application and its reviews; sending the form here writes a review."""

    template_name = "courses/course_detail.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        rows = Course.objects.for_user(request.user, "view")
        if request.user.is_authenticated:
            rows |= Course.objects.filter(pk__in=studied_by(request.user))
        self.course = get_object_or_404(rows.select_related("organization"), slug=kwargs["slug"])

    def reviewed(self) -> Course:
        return self.course

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(course=self.course, **kwargs)
        user = self.request.user
        enrolment = Enrolment.objects.filter(course=self.course, student=user.pk).first()
        reviewed = Feedback.objects.filter(course=self.course, author=user.pk).exists()
        if not (enrolment and enrolment.holds_seat and not reviewed) and not context["form"].is_bound:
            context["form"] = None
        return context | {"enrolment": enrolment}

    def back_to(self) -> str:
        return self.course.get_absolute_url()
