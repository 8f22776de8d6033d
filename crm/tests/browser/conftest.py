"""Debian's Chromium against a live server; nothing is downloaded."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override
from playwright.sync_api import Browser, Page, ViewportSize

# Playwright's sync API runs an event loop in this thread; the tests use the ORM between its calls, never inside them.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

VISITORS: list[tuple[str, ViewportSize]] = [
    ("ru", {"width": 1280, "height": 800}),
    ("en", {"width": 390, "height": 844}),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    args = [*FLAGS, "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    return {"executable_path": os.environ["CHROMIUM"], "args": args}


@pytest.fixture(params=VISITORS, ids=["Russian, desktop", "English, phone"])
def page(request: Any, browser: Browser, live_server: Any) -> Iterator[Page]:
    """A visitor's page; it fails its test when the browser complains, or asks another host for anything."""
    language, size = request.param
    context, said = browser.new_context(locale=language, viewport=size), []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(live_server.url) else said.append(asked.url))
    page.set_default_timeout(10_000)
    with override(language):
        yield page
    context.close()
    assert said == []
