"""Related rows in the API's bodies: written as an id, shown with a name, and never those of another organisation."""

from typing import Any, TypeVar

from django.core.validators import slug_re
from django.db.models import Model, Q, QuerySet
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from accounts.models import User
from accounts.serializers import KeyField
from sales.models import Stage
from sales.services.people import NotAColleague

M = TypeVar("M", bound=Model)


class RowField(serializers.PrimaryKeyRelatedField[M]):
    """Takes an id, or the object as it is read; shows `{"id", "name"}`, for some models `{"id", "title"}`."""

    def __init__(self, model: type[M], *, shows: str = "name", action: str = "view", **kwargs: Any) -> None:
        self.model, self.shows, self.scope = model, shows, action
        if not kwargs.get("read_only"):
            kwargs |= {"queryset": model._default_manager.none(), "pk_field": KeyField()}
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[M]:
        """The rows of the acting organisation on which the caller may do the field's action."""
        rows: Any = self.model._default_manager
        found: QuerySet[M] = rows.for_user(self.context["request"].user, self.scope, self.context["view"].organization)
        return found

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_internal_value(self, data: Any) -> M:
        key: Any = data.get("id") if isinstance(data, dict) else data
        return super().to_internal_value(key)

    def to_representation(self, row: Any) -> dict[str, Any]:
        return {"id": row.pk, self.shows: getattr(row, self.shows)}


class CallerIfMember:
    """Whoever asks; a superuser need not work in the organisation."""

    requires_context = True

    def __call__(self, field: serializers.Field[Any, Any, Any, Any]) -> User | None:
        user, organization = field.context["request"].user, field.context["view"].organization
        return user if organization.pk in user.roles else None


class ColleagueField(RowField[User]):
    """A member of the organisation, left out the caller. Who is none and who does not exist get the same answer."""

    default_error_messages = {"does_not_exist": NotAColleague.message}

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs |= {"allow_null": True, "default": CallerIfMember()}
        super().__init__(User, **kwargs)

    def get_queryset(self) -> QuerySet[User]:
        """Colleagues, and who is named already: whoever has left may stay where they are."""
        colleagues = Q(memberships__organization=self.context["view"].organization)
        named = getattr(getattr(self.root, "instance", None), f"{self.source}_id", None)
        return User.objects.filter(colleagues | Q(pk=named or 0)).distinct()

    def fail(self, key: str, **kwargs: Any) -> Any:
        if key == "does_not_exist":
            raise serializers.ValidationError(str(NotAColleague.message), code=NotAColleague.code)
        super().fail(key, **kwargs)


class StageField(serializers.SlugRelatedField[Stage]):
    """A stage of the organisation's pipeline, by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs["queryset"] = Stage.objects.none()
        super().__init__(slug_field="slug", **kwargs)

    def get_queryset(self) -> QuerySet[Stage]:
        return Stage.objects.for_user(self.context["request"].user, "view", self.context["view"].organization)

    def to_internal_value(self, data: Any) -> Stage:
        """Only what can be a slug is looked for: PostgreSQL refuses a text with a NUL even in a question."""
        if not isinstance(data, str) or not slug_re.fullmatch(data):
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data))
        return super().to_internal_value(data)


class RowFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = RowField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        key = {"type": "integer"}
        if direction == "request":
            return key
        shown = {"id": key, self.target.shows: {"type": "string"}}
        return {"type": "object", "required": list(shown), "properties": shown}
