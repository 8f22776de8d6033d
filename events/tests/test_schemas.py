"""The schemas, the AsyncAPI document and the types that the code emits are one list."""

import ast
import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.db import transaction
from jsonschema import ValidationError

from enrolments.models import Enrolment
from events.outbox import TOPICS, emit
from events.tests.schemas import FOLDER, validator

DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text())
TYPES = {path.stem for path in FOLDER.glob("*.json")}
NAMING = {"emit", "on", "consumes", "_tell", "_set"}  # what is called with types of events


def sources() -> str:
    apps = [path.parent for path in settings.BASE_DIR.glob("*/__init__.py")]
    code = [path for app in apps for path in app.rglob("*.py") if "tests" not in path.parts]
    return "\n".join(path.read_text() for path in sorted(code))


def named_in_the_code() -> set[str]:
    """Each constant that looks like a type, given to what takes types of events."""
    calls = (node for node in ast.walk(ast.parse(sources())) if isinstance(node, ast.Call))
    named = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id in NAMING)
    texts = (arg.value for call in named for arg in call.args if isinstance(arg, ast.Constant))
    return {text for text in texts if isinstance(text, str) and re.fullmatch(rf"({'|'.join(TOPICS)})\.\w+", text)}


@pytest.mark.sweep
def test_what_the_code_names_has_a_schema_and_what_has_a_schema_is_in_the_code() -> None:
    named = named_in_the_code()
    assert len(named) > 8
    assert named - TYPES == set()
    made_of_a_status = {f"enrolment.{status}" for status in Enrolment.Status}
    code = sources()
    assert {name for name in TYPES - made_of_a_status if f'"{name}"' not in code} == set()


def test_the_document_lists_each_schema_under_its_topic() -> None:
    assert DOCUMENT["asyncapi"].startswith("3.")
    messages = DOCUMENT["components"]["messages"]
    assert {name: message["payload"]["schema"]["$ref"] for name, message in messages.items()} == {
        name: f"{name}.json" for name in TYPES
    }
    listed = {name: topic for topic, channel in DOCUMENT["channels"].items() for name in channel["messages"]}
    assert listed == {name: TOPICS[name.split(".")[0]] for name in TYPES}


def test_each_schema_is_flat_and_closed_and_names_its_type() -> None:
    envelope = {"event_type", "event_id", "timestamp", "schema_version", "actor_id"}
    for name in TYPES:
        schema: Any = validator(name).schema
        assert schema["properties"]["event_type"] == {"const": name}
        assert envelope < set(schema["required"]) == set(schema["properties"])
        assert schema["additionalProperties"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("course.published", {"course_id": 1}),
        ("course.published", {"course_id": "1", "title": "Вязание"}),
        ("course.published", {"course_id": 1, "title": "Вязание", "more": 1}),
    ],
)
def test_an_event_that_breaks_its_schema_fails_the_test_that_emits_it(event_type: str, payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError), transaction.atomic():
        emit(event_type, key=1, **payload)


@pytest.mark.django_db
def test_an_event_without_a_schema_fails_too() -> None:
    with pytest.raises(FileNotFoundError), transaction.atomic():
        emit("course.forgotten", key=1)
