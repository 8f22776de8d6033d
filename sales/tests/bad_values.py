from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

NONE = object()


def rounds(bad: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Bodies with a bad value for each field, until each of `bad` has been sent: few requests for many values."""
    for values in zip_longest(*bad.values(), fillvalue=NONE):
        yield {field: value for field, value in zip(bad, values, strict=True) if value is not NONE}


def codes(body: Any) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in body["errors"]]
