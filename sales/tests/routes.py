"""Every address of the sales API, found in the router, so that a new one is tested without being thought of."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Model
from rest_framework.relations import RelatedField
from rest_framework.serializers import Serializer

from accounts.filters import KeyFilter
from crm.api import router
from sales import serializers

KEY = "{key}"


class Route(NamedTuple):
    viewset: Any
    method: str
    path: str
    action: str
    is_detail: bool

    @property
    def model(self) -> type[Model]:
        model: type[Model] = self.viewset.queryset.model
        return model

    @property
    def is_list(self) -> bool:
        return self.method == "get" and (not self.is_detail or self.action == "timeline")

    @property
    def key_filters(self) -> list[str]:
        """The filters that take the key of a row."""
        declared = getattr(getattr(self.viewset, "filterset_class", None), "base_filters", {})
        return [name for name, found in declared.items() if isinstance(found, KeyFilter)]


def routes() -> Iterator[Route]:
    for prefix, viewset, _name in router.registry:
        if not viewset.__module__.startswith("sales."):
            continue
        for route in router.get_routes(viewset):
            path = "/" + route.url.format(prefix=prefix, lookup=KEY, trailing_slash="").strip("^$/")
            for method, action in router.get_method_map(viewset, route.mapping).items():
                if method != "put":
                    yield Route(viewset, method, path, action, route.detail)


def related_fields() -> dict[Any, list[str]]:
    """By serializer, the fields of its body that name another row."""
    found = {
        body: [name for name, field in body().get_fields().items() if isinstance(field, RelatedField) and not field.read_only]
        for body in vars(serializers).values()
        if isinstance(body, type) and issubclass(body, Serializer) and body.__module__ == serializers.__name__
        if body is not serializers.SalesSerializer
    }  # fmt: skip
    return {body: names for body, names in found.items() if names}
