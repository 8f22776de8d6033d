"""Holds every event that any test emits against the schema of its type; conftest.py switches it on."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from jsonschema import Draft7Validator, FormatChecker

from events.models import Event

FOLDER = Path(settings.BASE_DIR) / "docs/events"


@cache
def validator(event_type: str) -> Draft7Validator:
    schema = json.loads((FOLDER / f"{event_type}.json").read_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema, format_checker=FormatChecker())


def matches_its_schema(instance: Event, created: bool, **kwargs: Any) -> None:
    if created:
        validator(instance.type).validate(instance.body)
