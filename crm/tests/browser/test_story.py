"""The main job in a browser: find a course, sign up, apply, be accepted, study, review."""

from typing import Any

import pytest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, Page, expect

from accounts.access import Role
from accounts.factories import PASSWORD, OrganizationFactory, member
from accounts.models import User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.models import Enrolment
from feedback.models import BannedWord, Feedback

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def course() -> Course:
    return CourseFactory(
        organization=OrganizationFactory(name="Школа «Маяк»"),
        title="Python с нуля",
        slug="python",
        description="**Первый** язык",
        capacity=5,
        requires_approval=True,
    )


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def sign_up(page: Page) -> None:
    page.get_by_role("button", name=_("Sign up and apply")).click()
    page.fill("[name=name]", "Юля 🙂")
    page.fill("[name=email]", "julia@school.example")
    page.fill("[name=age]", "16")
    page.fill("[name=password1]", PASSWORD)
    page.press("[name=password1]", "Enter")


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def test_the_whole_story(page: Page, live_server: Any, course: Course, browser: Browser) -> None:
    page.goto(live_server.url)
    page.get_by_role("link", name="Python с нуля").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Python с нуля")
    sign_up(page)
    expect(page).to_have_url(f"{live_server.url}/courses/python/")
    press(page, _("Apply"))
    expect(page.get_by_role("status")).to_contain_text(_("Your application has been sent. A manager will decide soon."))
    assert fits(page)
    assert User.objects.get(email="julia@school.example").language == get_language()

    manager = browser.new_page(locale=get_language())
    enrolment = Enrolment.objects.get()
    sign_in(
        manager,
        f"{live_server.url}/admin/enrolments/enrolment/",
        member(Role.MANAGER, course.organization).email,
    )
    manager.get_by_role("link", name="julia@school.example").click()
    manager.get_by_role("button", name=_("Accept"), exact=True).click()
    expect(manager.locator(".messagelist .success")).to_contain_text("Python с нуля")
    manager.close()
    enrolment.refresh_from_db()
    assert enrolment.status == Enrolment.Status.ACCEPTED

    page.goto(f"{live_server.url}/my/")
    expect(page.locator(".chip")).to_have_text(_("accepted"))
    assert fits(page)
    BannedWord.objects.get_or_create(word="дурень")  # the seed, which an earlier test's flush has taken away
    page.get_by_role("link", name=_("Write a review")).click()
    page.fill("[name=text]", "Ты д у р е н ь, но курс хороший")
    press(page, _("Publish the review"))
    expect(page.locator(".errorlist")).to_be_visible()
    expect(page.locator("[name=text]")).to_have_value("Ты д у р е н ь, но курс хороший")
    page.fill("[name=text]", "Курс хороший 🙂")
    page.select_option("[name=rating]", "5")
    press(page, _("Publish the review"))
    expect(page.get_by_text("Курс хороший 🙂")).to_be_visible()
    assert Feedback.objects.get().rating == 5
    assert fits(page)


def test_a_double_click_sends_a_form_once(page: Page, live_server: Any, course: Course) -> None:
    page.goto(f"{live_server.url}/courses/python/")
    sign_up(page)
    button = page.get_by_role("main").get_by_role("button", name=_("Apply"), exact=True)
    button.dblclick()
    expect(page.get_by_role("status")).to_contain_text(_("Your application has been sent. A manager will decide soon."))
    assert Enrolment.objects.count() == 1
