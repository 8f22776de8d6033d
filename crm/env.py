"""Strict reading of the environment: a bad value stops the start with one line that names its variable."""

import json
import os
import re
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ

TRUE = {"1", "on", "true", "yes"}
FALSE = {"0", "off", "false", "no"}
SHORTEST_KEY = 32  # characters (RFC 7518, 3.2)

environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")
env = environ.Env()


def stop(variable: str, problem: str) -> NoReturn:
    """End the process with one line a person can act on; the value itself is never shown, it may be a secret."""
    message = f"Configuration error: {variable} {problem}"
    raise SystemExit(message)


def flag(variable: str, *, default: bool) -> bool:
    value = env.str(variable, default="on" if default else "off").strip().lower()
    if value not in TRUE | FALSE:
        stop(variable, "must be on or off.")
    return value in TRUE


def secret(variable: str, *, default: str = "") -> str:
    """A value that may also come from the file that `VARIABLE_FILE` names, as container platforms hand secrets out."""
    value, path = (os.environ.get(name, "").strip() for name in (variable, f"{variable}_FILE"))  # as it is: “$” too
    if value and path:
        stop(variable, f"and {variable}_FILE are both set; keep one.")
    try:
        return (Path(path).read_text(encoding="utf-8").strip() if path else value) or default
    except (OSError, ValueError):
        stop(f"{variable}_FILE", "must be the path of a text file that can be read.")


def whole(variable: str, *, default: int, low: int = 0, high: int = 2**31) -> int:
    value = env.str(variable, default=str(default)).strip()
    if not re.fullmatch(r"\d{1,10}", value) or not low <= int(value) <= high:
        stop(variable, f"must be a whole number from {low} to {high}.")
    return int(value)


def choice(variable: str, *, default: str, options: tuple[str, ...]) -> str:
    value = env.str(variable, default=default).strip()
    if value not in options:
        stop(variable, f"must be one of: {', '.join(options)}.")
    return str(value)


def words(variable: str) -> list[str]:
    """A comma-separated list; spaces around the items are dropped."""
    return _split(env.str(variable, default=""))


def _split(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def keys(variable: str) -> list[str]:
    """A comma-separated list of secrets, none of them short."""
    found = _split(secret(variable))
    if any(len(key) < SHORTEST_KEY for key in found):
        stop(variable, f"must list keys of at least {SHORTEST_KEY} characters, separated by commas.")
    return found


def properties(variable: str) -> dict[str, Any]:
    """A JSON object of words, numbers and flags; a password may be among them."""
    try:
        found = json.loads(secret(variable) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str | int | float) for value in found.values()):
        stop(variable, 'must be a JSON object such as {"security.protocol": "ssl"}.')
    return found


def origins(variable: str) -> list[str]:
    """A comma-separated list of origins, each a scheme and a host and nothing else."""
    found = words(variable)
    for origin in found:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            stop(variable, "must list origins such as https://school.example, separated by commas.")
    return found


def time_zone(variable: str, *, default: str) -> str:
    value = str(env.str(variable, default=default))
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        stop(variable, "must be an IANA time zone such as Europe/Moscow.")
    return value


def region(variable: str, *, default: str) -> str:
    """An ISO 3166 country code, by which phones without one are read."""
    value = str(env.str(variable, default=default)).strip()
    if not re.fullmatch(r"[A-Z]{2}", value):
        stop(variable, "must be a country's two capital letters, such as RU.")
    return value


def url(variable: str, *, default: str, schemes: tuple[str, ...]) -> str:
    value = secret(variable, default=default)
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - a port that is no number raises here
    except ValueError:
        stop(variable, "is not a valid URL.")
    if parts.scheme not in schemes:
        stop(variable, f"must be a URL that starts with one of: {', '.join(f'{s}://' for s in schemes)}.")
    return value


def writable_file(variable: str) -> str:
    """A path that can be appended to, whose directory is made; empty for none."""
    value = str(env.str(variable, default="")).strip()
    if not value:
        return ""
    try:
        Path(value).parent.mkdir(parents=True, exist_ok=True)
        with Path(value).open("a"):
            return value
    except (OSError, ValueError):
        stop(variable, "must be the path of a file that can be written.")


def folder(variable: str) -> str:
    """A folder that can be written, which is made; empty for none, and then unset for libraries that read it."""
    value = str(env.str(variable, default="")).strip()
    if not value:
        os.environ.pop(variable, None)
        return ""
    try:
        Path(value).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=value):
            return value
    except (OSError, ValueError):
        stop(variable, "must be the path of a folder that can be written.")


DATABASE_SCHEMES = ("sqlite", "mysql", "postgres", "postgresql")


def database(variable: str) -> dict[str, Any]:
    """The connection that a `DATABASE_URL` names, with what each engine needs to be safe and quick."""
    config: dict[str, Any] = environ.Env.db_url_config(
        url(variable, default="sqlite:///db.sqlite3", schemes=DATABASE_SCHEMES)
    )
    if not config["NAME"]:
        stop(variable, "names no database.")
    options: dict[str, Any] = config.setdefault("OPTIONS", {})
    # Opening a connection for each request costs more than twice the request itself.
    config |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    if config["ENGINE"].endswith("sqlite3"):
        config["CONN_MAX_AGE"] = 0
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        options["connect_timeout"] = 5  # a server that is gone is noticed while the balancer still waits for the answer
    if config["ENGINE"].endswith("mysql"):
        options |= {
            "charset": "utf8mb4",
            "sql_mode": "TRADITIONAL",
            # Each filter has an index in the order of its list; an intersection of two would sort the whole list.
            "init_command": "SET SESSION optimizer_switch='index_merge_intersection=off'",
        }
        config["TEST"] = {"CHARSET": "utf8mb4"}
    return config
