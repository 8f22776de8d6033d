from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from accounts.models import User
from courses.models import Course
from crm.errors import RefusalAsMessage
from crm.pagination import paginate
from enrolments import services
from enrolments.models import Enrolment

ANSWERS = {
    Enrolment.Status.ACCEPTED: gettext_lazy("You are accepted. The seat is yours."),
    Enrolment.Status.APPLIED: gettext_lazy("Your application has been sent. A manager will decide soon."),
    Enrolment.Status.WAITLISTED: gettext_lazy(
        "All seats are taken. You are on the waiting list and will get a letter."
    ),
}


class EnrolmentList(RefusalAsMessage, LoginRequiredMixin, TemplateView):
    """My courses."""

    template_name = "enrolments/enrolment_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Enrolment.objects.filter(student=self.request.user.pk).select_related("course")
        page = paginate(mine.defer("course__description"), cursor=self.request.GET.get("cursor"), size=12)
        return super().get_context_data(page=page, **kwargs)

    def back_to(self) -> str:
        return self.request.path


class Apply(RefusalAsMessage, View):
    """Apply for a course from its page; whoever has no session comes back to that page after signing in."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        course = get_object_or_404(Course.objects.published(), slug=slug)
        if not request.user.is_authenticated:
            messages.info(request, _("Please sign in, then press the button again."))
            return redirect(f"{reverse('account_login')}?next={course.get_absolute_url()}")
        enrolment = services.apply(course=course, by=request.user)
        messages.success(request, str(ANSWERS[Enrolment.Status(enrolment.status)]))
        return redirect(course)

    def back_to(self) -> str:
        return reverse("course_detail", args=[self.kwargs["slug"]])


class Cancel(RefusalAsMessage, LoginRequiredMixin, TemplateView):
    """Ask, then withdraw."""

    template_name = "enrolments/enrolment_cancel.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = Enrolment.objects.for_user(request.user, "cancel").select_related("course")
        if request.user.is_authenticated:
            self.enrolment = get_object_or_404(rows, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(enrolment=self.enrolment, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.cancel(enrolment=self.enrolment, by=cast("User", request.user))
        messages.success(request, _("You have withdrawn."))
        return redirect("enrolment_list")

    def back_to(self) -> str:
        return reverse("enrolment_list")
