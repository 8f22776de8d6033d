"""The API's documentation in a browser: it works, and nothing comes from another host."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.factories import PASSWORD
from accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Any:
    """A page that notes every answer from elsewhere. What the security policy stops never leaves the browser."""
    page, foreign = browser.new_page(), []
    page.on(
        "response", lambda r: None if r.url.startswith((live_server.url, "data:", "blob:")) else foreign.append(r.url)
    )
    yield page
    page.close()
    assert foreign == []


def test_swagger_signs_in_by_e_mail_and_password(visitor: Page, live_server: Any, student: User) -> None:
    visitor.goto(f"{live_server.url}/docs")
    visitor.get_by_role("button", name="Authorize").first.click()
    form = visitor.locator(".auth-container", has=visitor.locator("#oauth_username"))
    form.locator("#oauth_username").fill(student.email)
    form.locator("#oauth_password").fill(PASSWORD)
    form.locator("button.authorize").click()
    expect(visitor.get_by_role("heading", name="Authorized")).to_be_visible()


def test_redoc_shows_every_part(visitor: Page, live_server: Any) -> None:
    visitor.goto(f"{live_server.url}/redoc")
    expect(visitor.get_by_role("heading", name="Apply for a course").first).to_be_attached(timeout=15_000)
