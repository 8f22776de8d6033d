"""Every route of the API, on one page."""

from django.http import Http404
from django.urls import include, path, re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from accounts import api as accounts
from accounts.organizations_api import MemberViewSet, OrganizationViewSet
from accounts.users_api import UserViewSet
from courses.api import CourseViewSet
from crm.headers import Headers
from enrolments.api import EnrolmentViewSet
from feedback.api import FeedbackViewSet
from sales import analytics_api as analytics
from sales.api import ActivityViewSet, ContactViewSet, DealViewSet, StageViewSet, TaskViewSet


class Nowhere(APIView):
    """Any other address under /api/ is a 404 in the API's own words, in DEBUG too."""

    name = "API"  # in the breadcrumbs of the browsable API, whose first step it is
    permission_classes = [AllowAny]
    authentication_classes = []
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise Http404


router = SimpleRouter(trailing_slash=False)
router.register("courses", CourseViewSet, basename="api_course")
router.register("enrolments", EnrolmentViewSet, basename="api_enrolment")
router.register("feedback", FeedbackViewSet, basename="api_feedback")
router.register("contacts", ContactViewSet, basename="api_contact")
router.register("stages", StageViewSet, basename="api_stage")
router.register("deals", DealViewSet, basename="api_deal")
router.register("tasks", TaskViewSet, basename="api_task")
router.register("activities", ActivityViewSet, basename="api_activity")
router.register("users", UserViewSet, basename="api_user")
router.register("organizations", OrganizationViewSet, basename="api_organization")
router.register("organizations/(?P<organization_id>[^/.]+)/members", MemberViewSet, basename="api_member")

figures = [
    path("analytics/summary", analytics.Summary.as_view()),
    path("analytics/deals", analytics.Deals.as_view()),
    path("analytics/funnel", analytics.Funnel.as_view()),
    path("analytics/tasks", analytics.Tasks.as_view()),
    path("analytics/contacts", analytics.Contacts.as_view()),
    path("analytics/activities", analytics.Activities.as_view()),
    path("analytics/courses", analytics.Courses.as_view()),
]
v1 = [
    path("auth/register", accounts.Register.as_view()),
    path("auth/login", accounts.Login.as_view()),
    path("auth/logout", accounts.Logout.as_view()),
    path("auth/password", accounts.Password.as_view()),
    path("auth/token", accounts.Token.as_view()),
    path("auth/token/refresh", accounts.TokenRefresh.as_view()),
    path("auth/token/revoke", accounts.TokenRevoke.as_view()),
    path("auth/me", accounts.Me.as_view()),
    path("headers", Headers.as_view()),
    *figures,
    *router.urls,
]
urlpatterns = [
    path("v1/", include(v1)),
    re_path("", Nowhere.as_view()),
]
