from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from accounts.views import Profile, Signup
from courses.views import CourseList
from crm.views import CoursePage, Home
from enrolments.views import Apply, Cancel, EnrolmentList
from feedback.views import DeleteReview, EditReview, SchoolReviews

# Swagger UI and ReDoc put their rules into style elements that start empty or are known: these, by hash, and no others.
STYLES = ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc="]
own_styles = csp_update({"style-src": [f"'sha256-{style}'" for style in STYLES], "worker-src": [SELF, "blob:"]})
swagger = SpectacularSwaggerSplitView.as_view(url_name="openapi", template_name="swagger.html")
redoc = SpectacularRedocView.as_view(url_name="openapi", template_name="redoc.html")

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("courses/", CourseList.as_view(), name="course_list"),
    path("courses/<slug:slug>/", CoursePage.as_view(), name="course_detail"),
    path("courses/<slug:slug>/apply/", Apply.as_view(), name="enrolment_apply"),
    path("my/", EnrolmentList.as_view(), name="enrolment_list"),
    path("my/<int:pk>/cancel/", Cancel.as_view(), name="enrolment_cancel"),
    path("feedback/", SchoolReviews.as_view(), name="feedback_list"),
    path("feedback/<int:pk>/edit/", EditReview.as_view(), name="feedback_edit"),
    path("feedback/<int:pk>/delete/", DeleteReview.as_view(), name="feedback_delete"),
    path("profile/", Profile.as_view(), name="profile"),
    path("accounts/signup/", Signup.as_view(), name="account_signup"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("crm.api")),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs", own_styles(swagger), name="swagger"),
    path("redoc", own_styles(redoc), name="redoc"),
    path("admin/", admin.site.urls),
]

if settings.METRICS:
    urlpatterns.append(path("metrics", import_string("crm.metrics.show")))

handler400 = "crm.errors.bad_request"
handler403 = "crm.errors.forbidden"
handler404 = "crm.errors.not_found"
handler429 = "crm.errors.too_many_requests"  # allauth looks for it here
handler500 = "crm.errors.server_error"
