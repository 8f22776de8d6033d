"""Contacts, deals, tasks, timelines and the stages of the pipeline: all of one organisation."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.permissions import ACTIONS
from accounts.viewsets import M, ScopedModelViewSet, ScopedViewSet
from crm.errors import RuleBroken
from sales import pipeline, serializers
from sales.filters import ActivityFilter, ContactFilter, DealFilter, TaskFilter
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.services import contacts, deals, stages, tasks

TIMELINE = {"timeline": "view", "log": "view"}  # whether a line may be added, `log` asks itself
VERBS = dict.fromkeys(["move", "start", "win", "lose", "close"], "change")
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The version that was read, as in `"3"`, or `*` for any.'
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, description="The deal's version, for `If-Match`.", response=[200, 201]
)


class InvalidIfMatch(RuleBroken):
    code = "invalid_if_match"
    status = 400
    message = _('If-Match must be a version in quotes, such as "3", or *.')


class StageViewSet(ScopedModelViewSet[Stage]):
    """The steps of the pipeline, in their order."""

    queryset = Stage.objects.none()
    serializer_class = serializers.StageSerializer

    def perform_destroy(self, instance: Stage) -> None:
        stages.delete(stage=instance)


class TimelineViewSet(ScopedModelViewSet[M]):
    """Rows that have a timeline."""

    @extend_schema(responses=serializers.ActivitySerializer(many=True))
    @action(detail=True, filter_backends=[], serializer_class=serializers.ActivitySerializer)
    def timeline(self, request: Request, pk: str) -> Response:
        """Show what has happened, newest first."""
        rows = Activity.objects.for_list().for_user(self.request.user, "view", self.organization)
        lines: Any = rows.filter(**{self._name: self.get_object()})
        page = self.paginate_queryset(lines)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=serializers.LogSerializer, responses={201: serializers.ActivitySerializer})
    @timeline.mapping.post
    def log(self, request: Request, pk: str) -> Response:
        """Add a note, a call, an e-mail or a meeting."""
        about = self.get_object()
        if not Activity.objects.may_add(self.by, self.organization):
            raise PermissionDenied
        form = serializers.LogSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(self.get_serializer(form.save(about=about, by=self.by)).data, status=201)

    @property
    def _name(self) -> str:
        return str(self.rows.model._meta.model_name)


class ContactViewSet(TimelineViewSet[Contact]):
    """People who might buy, or have bought."""

    queryset = Contact.objects.none()
    serializer_class = serializers.ContactSerializer
    filterset_class = ContactFilter
    permission_actions = ACTIONS | TIMELINE

    @extend_schema(request=serializers.MergeSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Move everything of another contact to this one; the other goes."""
        contact = self.get_object()
        form = serializers.MergeSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        merged = contacts.merge(contact=contact, other=form.validated_data["other"], by=self.by)
        return Response(self.get_serializer(merged).data)

    def perform_destroy(self, instance: Contact) -> None:
        contacts.delete(contact=instance)


@extend_schema_view(
    create=extend_schema(parameters=[ETAG]),
    retrieve=extend_schema(parameters=[ETAG]),
    partial_update=extend_schema(parameters=[IF_MATCH, ETAG]),
    destroy=extend_schema(parameters=[IF_MATCH]),
)
class DealViewSet(TimelineViewSet[Deal]):
    """Possible sales and their way through the pipeline."""

    queryset = Deal.objects.none()
    filterset_class = DealFilter
    permission_actions = ACTIONS | TIMELINE | VERBS

    def get_serializer_class(self) -> type[BaseSerializer[Deal]]:
        if self.action in TIMELINE:
            return super().get_serializer_class()
        changes = self.action == "partial_update"
        return serializers.DealChangeSerializer if changes else serializers.DealSerializer

    @property
    def version(self) -> int | None:
        """The version that the caller has read; None for any."""
        given = self.request.headers.get("If-Match", "*").strip()
        if given == "*":
            return None
        if not re.fullmatch(r'"[0-9]{1,10}"', given):
            raise InvalidIfMatch
        return int(given.strip('"'))

    @extend_schema(request=serializers.MoveSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move a deal to another stage."""
        return self._do(pipeline.move, serializers.MoveSerializer)

    @extend_schema(request=None, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Begin to work on a new deal."""
        return self._do(pipeline.start)

    @extend_schema(request=None, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def win(self, request: Request, pk: str) -> Response:
        """Win a deal; its application, if there is one, is accepted."""
        return self._do(pipeline.win)

    @extend_schema(request=serializers.LoseSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def lose(self, request: Request, pk: str) -> Response:
        """Give a deal up, with the reason."""
        return self._do(pipeline.lose, serializers.LoseSerializer)

    @extend_schema(request=None, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Put a won or lost deal away for good."""
        return self._do(pipeline.close)

    @extend_schema(request=None, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Work on a lost deal again."""
        return self._do(pipeline.reopen)

    @extend_schema(request=None, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Become the owner of a deal that has none."""
        return self._do(pipeline.take)

    def perform_destroy(self, instance: Deal) -> None:
        deals.delete(deal=instance, by=self.by, version=self.version)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer that is one deal names its version."""
        if isinstance(getattr(response, "data", None), dict) and "version" in response.data:
            response["ETag"] = f'"{response.data["version"]}"'
        return super().finalize_response(request, response, *args, **kwargs)

    def _do(self, verb: Callable[..., Deal], body: type[BaseSerializer[Any]] | None = None) -> Response:
        """Carry a verb out, with what its body says."""
        deal, given = self.get_object(), {}
        if body:
            form = body(data=self.request.data, context=self.get_serializer_context())
            form.is_valid(raise_exception=True)
            given = form.validated_data
        return Response(self.get_serializer(verb(deal=deal, by=self.by, version=self.version, **given)).data)


class TaskViewSet(ScopedModelViewSet[Task]):
    """What is to be done, soonest first."""

    queryset = Task.objects.none()
    filterset_class = TaskFilter

    def get_serializer_class(self) -> type[BaseSerializer[Task]]:
        changes = self.action == "partial_update"
        return serializers.TaskChangeSerializer if changes else serializers.TaskSerializer

    def perform_destroy(self, instance: Task) -> None:
        tasks.delete(task=instance, by=self.by)


class ActivityViewSet(ListModelMixin, ScopedViewSet[Activity]):
    """What has happened in the organisation, newest first."""

    queryset = Activity.objects.none()
    serializer_class = serializers.ActivitySerializer
    filterset_class = ActivityFilter
