from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from accounts.models import User
from accounts.views import PostNeedsLogin
from courses.models import Course
from crm.errors import RefusalAsMessage, RefusalInForm
from crm.pagination import paginate
from feedback import services
from feedback.forms import ReviewForm
from feedback.models import Feedback


class ReviewFormView(RefusalInForm, PostNeedsLogin, FormView[ReviewForm]):
    """A page with reviews of one thing, and the form to add one's own."""

    form_class = ReviewForm

    def reviewed(self) -> Course | None:
        """What the reviews are about; None is the school."""
        return None

    def form_valid(self, form: Any) -> HttpResponse:
        services.write(**form.cleaned_data, course=self.reviewed(), by=cast("User", self.request.user))
        messages.success(self.request, _("Thank you. Your review is published."))
        return redirect(f"{self.request.path}#reviews")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reviews = Feedback.objects.visible().filter(course=self.reviewed()).for_list()
        page = paginate(reviews, cursor=self.request.GET.get("cursor"), size=10)
        return super().get_context_data(page=page, **kwargs)


class SchoolReviews(RefusalAsMessage, ReviewFormView):
    template_name = "feedback/feedback_list.html"

    def back_to(self) -> str:
        return self.request.path


class OwnReview(LoginRequiredMixin):
    """One's own review; anybody else's is 404."""

    action = ""

    @cached_property
    def review(self) -> Feedback:
        rows = Feedback.objects.for_user(self.request.user, self.action).select_related("course")  # type: ignore[attr-defined]
        return get_object_or_404(rows, pk=self.kwargs["pk"])  # type: ignore[attr-defined]

    def back_from(self, review: Feedback) -> str:
        if review.course and review.course.is_published:
            return f"{review.course.get_absolute_url()}#reviews"
        return reverse("feedback_list")


class EditReview(OwnReview, RefusalInForm, FormView[ReviewForm]):
    action = "change"
    form_class = ReviewForm
    template_name = "feedback/feedback_edit.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.review}

    def form_valid(self, form: Any) -> HttpResponse:
        services.change(feedback=form.instance, **form.cleaned_data)
        messages.success(self.request, _("Your review is changed."))
        return redirect(self.back_from(form.instance))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"back": self.back_from(context["form"].instance)}


class DeleteReview(OwnReview, TemplateView):
    action = "delete"
    template_name = "feedback/feedback_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(review=self.review, back=self.back_from(self.review), **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.delete(feedback=self.review)
        messages.success(request, _("The review is deleted."))
        return redirect(self.back_from(self.review))
