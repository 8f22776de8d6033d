from django.db.models import QuerySet
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from accounts.permissions import RolePermission
from feedback import services
from feedback.filters import FeedbackFilter
from feedback.models import Feedback
from feedback.serializers import FeedbackChangeSerializer, FeedbackSerializer


class FeedbackViewSet(ModelViewSet[Feedback]):
    """Reviews of courses and of the school, newest first."""

    queryset = Feedback.objects.none()
    filterset_class = FeedbackFilter
    permission_classes = [IsAuthenticatedOrReadOnly, RolePermission]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_serializer_class(self) -> type[BaseSerializer[Feedback]]:
        return FeedbackChangeSerializer if self.action == "partial_update" else FeedbackSerializer

    def get_queryset(self) -> QuerySet[Feedback]:
        rows = Feedback.objects.for_list()
        return rows.visible() if self.action == "list" else rows.for_user(self.request.user, "view")

    def perform_destroy(self, instance: Feedback) -> None:
        services.delete(feedback=instance)
