"""The catalogue: what visitors find, in which order, and at what cost."""

import base64
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from enrolments.factories import EnrolmentFactory

Browse = Callable[..., Client]
Titles = list[str]


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


DAY = "2030-01-01"
HAND_MADE = [
    cursor_of(), cursor_of(True), cursor_of(False, None, None), cursor_of(False, float("inf"), 1), cursor_of(1, 2, 3),
    cursor_of(False, "0001-01-01T00:00:00+14:00", "1"), cursor_of(False, "9999-12-31T23:59:59-12:00", "1"),
    cursor_of(False, "\ud800", "1"), cursor_of(False, DAY, "x"), cursor_of(False, DAY, "9" * 30), cursor_of(False, [DAY], "1"),
    cursor_of(False, DAY, "1", "1"), cursor_of(False, "a\x00", "1"),
]  # fmt: skip


def titles(client: Client, query: str = "") -> Titles:
    return [course.title for course in client.get(f"/courses/{query}").context["page"].rows]


@pytest.fixture
def catalogue(school: Organization) -> None:
    CourseFactory(organization=school, title="Python с нуля", price=100, starts_on=date(2030, 3, 1))
    CourseFactory(organization=school, title="Вязание", price=0, capacity=1, seats_taken=1, starts_on=date(2030, 2, 1))
    CourseFactory(organization=school, title="Python для детей", price=900, capacity=5, starts_on=date(2030, 1, 1))
    CourseFactory(organization=school, title="Черновик", status=Course.Status.DRAFT)
    CourseFactory(organization=school, title="Архив", status=Course.Status.ARCHIVED)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Python для детей", "Вязание", "Python с нуля"]),
        ("?search=python", ["Python для детей", "Python с нуля"]),
        ("?search=нуля+python", ["Python с нуля"]),
        ("?search=%25", []),
        ("?search=Черновик", []),
        ("?price_min=50&price_max=500", ["Python с нуля"]),
        ("?price_max=0", ["Вязание"]),
        ("?has_seats=true", ["Python для детей", "Python с нуля"]),
        ("?has_seats=false", ["Вязание"]),
        ("?ordering=price", ["Вязание", "Python с нуля", "Python для детей"]),
        ("?ordering=-starts_on", ["Python с нуля", "Вязание", "Python для детей"]),
        ("?unknown=1", ["Python для детей", "Вязание", "Python с нуля"]),
    ],
)
def test_filters_and_orders(catalogue: None, browse: Browse, query: str, found: Titles) -> None:
    assert titles(browse(), query) == found


@pytest.mark.parametrize(("language", "foreign"), [("en", "[а-яё]"), ("ru", "descending|title")])
def test_orders_are_offered_in_the_visitors_language_alone(db: None, language: str, foreign: str) -> None:
    """Whatever the language is in which the process has started."""
    html = Client().get("/courses/", headers={"accept-language": language}).content.decode()
    offered = re.findall(r'<option value="-?(?:title|price|starts_on|created_at)">(.+?)</option>', html)
    assert len(offered) == 8
    assert [label for label in offered if re.search(foreign, label)] == []


@pytest.mark.sweep
@pytest.mark.parametrize(
    "query",
    ["?price_min=много", "?price_min=-1", "?price_max=1e12", "?price_min=NaN", "?price_max=1e999999", "?has_seats=maybe",
     "?ordering=secret", "?search=%00", f"?search={'я' * 300}"],
)  # fmt: skip
def test_bad_filters_are_named_and_find_nothing(catalogue: None, browse: Browse, query: str) -> None:
    response = browse().get(f"/courses/{query}")
    assert response.status_code == 200
    assert response.context["form"].errors
    assert response.context["page"].rows == []


@pytest.mark.sweep
def test_a_damaged_page_address_leads_to_the_first_page(catalogue: None, browse: Browse) -> None:
    visitor = browse()
    for cursor in ("x", "%00", "e30=", "a" * 5000, *HAND_MADE):
        response = visitor.get(f"/courses/?cursor={cursor}", follow=True)
        assert response.redirect_chain == [("/courses/", 302)], cursor
        assert response.status_code == 200


@pytest.mark.sweep
@pytest.mark.parametrize("ordering", ["created_at", "-price", "title", "-starts_on"])
def test_every_course_is_on_one_page_exactly_though_all_tie(db: None, browse: Browse, ordering: str) -> None:
    for _ in range(30):
        CourseFactory(price=0, title="Одно имя")
    Course.objects.update(created_at=F("updated_at"), starts_on=date(2030, 1, 1))
    client, query, seen = browse(), f"?ordering={ordering}", []
    pages = []
    while query:
        page = client.get(f"/courses/{query}").context["page"]
        pages.append([course.pk for course in page.rows])
        seen += pages[-1]
        query = page.next and f"?ordering={ordering}&cursor={page.next}"
        back = page.previous
    assert sorted(seen) == sorted(Course.objects.values_list("pk", flat=True))
    assert len(seen) == 30
    before = client.get(f"/courses/?ordering={ordering}&cursor={back}").context["page"]
    assert [course.pk for course in before.rows] == pages[-2]


@pytest.mark.sweep
@pytest.mark.parametrize("address", ["/", "/courses/", "/courses/?search=о&has_seats=true&ordering=price"])
def test_a_page_costs_the_same_queries_however_many_courses(
    db: None, browse: Browse, address: str, django_assert_num_queries: Any
) -> None:
    for amount in (1, 25):
        for _ in range(amount):
            CourseFactory(title="Вот")
        with django_assert_num_queries(2) as queries:  # the courses, their organisations
            browse().get(address)
        assert not any("COUNT" in query["sql"] for query in queries)


def test_a_draft_has_no_address_for_visitors_but_its_staff_see_it(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    draft = CourseFactory(organization=school, status=Course.Status.DRAFT)
    for visitor in (browse(), browse(student)):
        assert visitor.get(f"/courses/{draft.slug}/").status_code == 404
        assert visitor.post(f"/courses/{draft.slug}/apply/").status_code == 404
    assert "Only staff see this page" in browse(manager).get(f"/courses/{draft.slug}/").content.decode()


def test_markdown_is_shown_and_scripts_are_not(db: None, browse: Browse) -> None:
    text = "### Тема\n\n#### Ниже\n\n**важно** <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    course = CourseFactory(description=text)
    html = browse().get(f"/courses/{course.slug}/").content.decode()
    assert "<h2>Тема</h2>" in html
    assert "<h3>Ниже</h3>" in html
    assert "<strong>важно</strong>" in html
    assert "&lt;script&gt;alert(1)" in html
    assert 'href="javascript' not in html
    assert "<img" not in html


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("ordering", "value"),
    [("title", "\ud800"), ("title", "a\x00"), ("price", "NaN"), ("price", "1e999999"), ("starts_on", "x")],
)
def test_a_hand_made_cursor_breaks_no_order(catalogue: None, browse: Browse, ordering: str, value: str) -> None:
    page = browse().get("/courses/", {"ordering": ordering, "cursor": cursor_of(False, value, "1")})
    assert page.status_code in (200, 302)


def test_a_repeated_order_costs_no_more(catalogue: None, browse: Browse, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as queries:
        browse().get("/courses/", {"ordering": ",".join(["price"] * 200), "cursor": cursor_of(False, "1.00", "1")})
    assert len(queries[0]["sql"]) < 3000


def test_whoever_studied_an_archived_course_still_reads_and_reviews_it(student: User, browse: Browse) -> None:
    course = CourseFactory(status=Course.Status.ARCHIVED)
    person, address = browse(student), f"/courses/{course.slug}/"
    assert person.get(address).status_code == 404
    EnrolmentFactory(course=course, student=student, status="completed")
    assert "<textarea" in person.get(address).content.decode()
    assert person.post(address, {"text": "Хорошо", "rating": ""}).status_code == 302
