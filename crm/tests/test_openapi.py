"""The OpenAPI schema says all that a client needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from crm.examples import EXAMPLES

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    document: dict[str, Any] = Client().get("/openapi.json").json()
    return document


def operations(schema: dict[str, Any]) -> Iterator[Operation]:
    for path, verbs in schema["paths"].items():
        for method, operation in verbs.items():
            yield path, method, operation


def bodies(operation: dict[str, Any]) -> Iterator[str]:
    """The names of the schemas that an operation takes and gives."""
    for content in (operation.get("requestBody", {}), *operation["responses"].values()):
        for media in content.get("content", {}).values():
            reference = media["schema"].get("$ref", "")
            yield reference.rpartition("/")[2]


@pytest.mark.sweep
def test_it_is_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert len(list(operations(schema))) > 20


@pytest.mark.sweep
def test_every_operation_has_a_summary_security_and_its_refusals(schema: dict[str, Any]) -> None:
    summaries = [operation["summary"] for _path, _method, operation in operations(schema)]
    assert all(len(summary) > 5 for summary in summaries)
    for path, method, operation in operations(schema):
        assert operation["security"], (path, method)
        assert {"401", "429"} <= set(operation["responses"]), (path, method)


@pytest.mark.sweep
def test_every_body_has_an_example_that_fits_its_schema(schema: dict[str, Any]) -> None:
    named = {name for _path, _method, operation in operations(schema) for name in bodies(operation)}
    plain = {name for name in named if name and not name.startswith("Paginated")} - {"Problem"}
    assert plain <= set(EXAMPLES)
    for name in plain:
        document = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
        Draft202012Validator(document).validate(EXAMPLES[name])
