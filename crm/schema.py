"""What drf-spectacular cannot see: the error answers, and an example for each body. See docs/openapi.json."""

from typing import Any

from crm.examples import EXAMPLES

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; the codes are listed in docs/errors.md.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": ["string", "null"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
MEANINGS = {
    "400": "The body or a header cannot be read, or the same was asked before.",
    "401": "No valid credentials.",
    "403": "In view, but not allowed; or the CSRF token is missing.",
    "404": "No such object, or one out of the caller's view.",
    "409": "A rule refuses the change.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not JSON.",
    "422": "Well-formed, but some values are not valid.",
    "429": "Too many requests; `Retry-After` says for how many seconds.",
}
BLANK = {"type": "string", "maxLength": 0}
VERBS = {
    "list": "List", "create": "Create", "retrieve": "Show", "update": "Replace", "partial_update": "Change",
    "destroy": "Delete",
}  # fmt: skip


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for schema in schemas.values():
        _let_blank_be_both(schema.get("properties", {}))
    for name, example in EXAMPLES.items():
        if name in schemas:
            schemas[name]["examples"] = [example]
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            operation.setdefault("summary", _summary(operation))
            for status in sorted(_refusals(path, method, operation)):
                operation["responses"].setdefault(status, _problem(status))
    return result


def _let_blank_be_both(properties: dict[str, Any]) -> None:
    """`oneOf` would refuse an empty text whose pattern takes it, too."""
    for field in properties.values():
        if BLANK in field.get("oneOf", []):
            field["anyOf"] = field.pop("oneOf")


def _summary(operation: dict[str, Any]) -> str:
    """Plain CRUD is named by what it does, a verb by the first line of its docstring."""
    tag, name = operation["tags"][0], operation["operationId"]
    suffix = name.removeprefix(f"{tag}_")
    if suffix in VERBS:
        return f"{VERBS[suffix]} {tag if suffix == 'list' else tag.removesuffix('s')}"
    return str(operation.get("description", name)).split("\n", maxsplit=1)[0].split(";")[0].rstrip(".")


def _refusals(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    """Which refusals an operation can answer with."""
    named = {parameter["name"] for parameter in operation.get("parameters", [])}
    signs_in = operation.get("security") == [{}]
    writes = method != "get" and not signs_in
    rules = [
        (True, {"401", "429"}),
        (writes, {"403"}),
        (writes and operation["tags"] != ["auth"], {"409"}),
        ({} not in operation.get("security", []), {"403"}),
        ("{" in path or operation["operationId"] == "enrolments_create", {"404"}),
        ("requestBody" in operation, {"400", "413", "415", "422"}),
        ("X-Organization-Id" in named, {"400", "403"}),
        ("cursor" in named, {"422"}),
        (path.startswith("/api/v1/analytics/"), {"422"}),
        (path.endswith("/headers"), {"400"}),
    ]
    return set().union(*(statuses for holds, statuses in rules if holds))


def _problem(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": MEANINGS[status], "content": {"application/problem+json": {"schema": schema}}}
