"""What the compose files and the operators' pages promise each other."""

import re
from typing import Any

import yaml
from django.conf import settings

OURS = {"migrate", "web", "relay", "consumer"}


class Loader(yaml.SafeLoader):
    """Reads `!reset []` as the empty list that it makes of what the base file says."""


Loader.add_constructor("!reset", lambda loader, node: [])


def services(name: str) -> dict[str, dict[str, Any]]:
    text = (settings.BASE_DIR / name).read_text()
    found: dict[str, dict[str, Any]] = yaml.load(text, Loader)["services"]  # noqa: S506 - a safe loader's child
    return found


def test_in_production_every_service_has_limits_and_only_the_proxy_is_published() -> None:
    base, production = services("docker-compose.yml"), services("docker-compose.prod.yml")
    assert base.keys() | {"caddy"} == production.keys()
    for name, service in production.items():
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
    published = {name for name, service in base.items() if service.get("ports")}
    assert published == {"web", "kafka-ui", "mailpit"}
    assert {name for name, service in production.items() if service.get("ports", name in published)} == {"caddy"}


def test_letters_leave_without_a_profile_and_whoever_sends_them_reaches_outside() -> None:
    base, production = services("docker-compose.yml"), services("docker-compose.prod.yml")
    assert "profiles" not in base["relay"]
    assert base["web"]["environment"] == base["relay"]["environment"]
    assert base["consumer"]["environment"]["EVENTS_TRANSPORT"] == "kafka"
    for name in ("web", "relay", "consumer"):
        assert base[name]["stop_grace_period"] == "35s"
        assert "front" in production[name]["networks"]
    for name in OURS:
        assert base[name]["env_file"] == [{"path": ".env", "required": False}], "settings of the school would be lost"
        assert production[name]["environment"]["SECRET_KEY"] == "", "the file's key is the one"
        assert production[name]["environment"]["EMAIL_URL"].startswith("${EMAIL_URL:?")
        assert production[name]["environment"]["CACHE_URL"] == "${CACHE_URL:-redis://valkey:6379/0}"
    assert production["valkey"]["profiles"] == []


def test_no_page_runs_a_service_with_what_it_depends_on() -> None:
    """`migrate` would fill a database that the operator has just emptied."""
    pages = "".join(page.read_text() for page in (settings.BASE_DIR / "docs").glob("*.md"))
    runs = re.findall(r"docker compose run[^|`']*", pages)
    assert len(runs) >= 2
    assert all("--no-deps" in run for run in runs)
