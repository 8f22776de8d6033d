"""The API's documentation in a browser: it works, and nothing comes from another host."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.factories import PASSWORD
from accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Any:
    """A page that may neither complain nor ask another host, whether or not the security policy stops it."""
    page, said, own = browser.new_page(), [], (live_server.url, "data:", "blob:")
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(own) else said.append(asked.url))
    yield page
    page.close()
    assert said == []


def test_swagger_signs_in_by_e_mail_and_password(visitor: Page, live_server: Any, student: User) -> None:
    visitor.goto(f"{live_server.url}/docs")
    visitor.get_by_role("button", name="Authorize").first.click()
    form = visitor.locator(".auth-container", has=visitor.locator("#oauth_username"))
    form.locator("#oauth_username").fill(student.email)
    form.locator("#oauth_password").fill(PASSWORD)
    form.locator("button.authorize").click()
    expect(visitor.get_by_role("heading", name="Authorized")).to_be_visible()
    expect(visitor.locator("body")).to_have_css("margin", "0px")


def test_redoc_shows_every_part(visitor: Page, live_server: Any) -> None:
    visitor.goto(f"{live_server.url}/redoc")
    expect(visitor.get_by_role("heading", name="Apply for a course").first).to_be_attached(timeout=15_000)
    expect(visitor.get_by_role("link", name="API docs by Redocly")).to_be_attached()
    expect(visitor.locator("body")).to_have_css("margin", "0px")
