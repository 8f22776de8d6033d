"""The API in a browser: for people who look around, with forms for what they may do."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Organization, User
from courses.factories import CourseFactory

Browse = Callable[..., Client]
HTML = {"accept": "text/html"}


def page(client: Client, path: str) -> str:
    response = client.get(f"/api/v1{path}", headers=HTML)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    return response.content.decode()


def test_it_shows_data_and_a_form_to_whoever_may_send_it(
    school: Organization, manager: User, student: User, browse: Browse
) -> None:
    course = CourseFactory(organization=school, title="Вязание")
    for visitor, may_change in ((browse(), False), (browse(student), False), (browse(manager), True)):
        html = page(visitor, f"/courses/{course.pk}")
        assert "Вязание" in html
        assert ('data-method="PUT"' in html) == may_change


def test_the_way_to_a_page_starts_at_the_api(db: None, browse: Browse) -> None:
    html = page(browse(), "/courses")
    way = html[html.index('class="breadcrumb"') :]
    assert ">API</a>" in way[: way.index("</ul>")]
    assert "Nowhere" not in html


def test_forms_offer_only_what_may_be_set(student: User, browse: Browse) -> None:
    html = page(browse(student), "/auth/me")
    form = html[html.index("<textarea") : html.index("</textarea>")]
    assert "&quot;age&quot;" in form
    assert "is_staff" not in form


@pytest.mark.parametrize("path", ["/nowhere", "/courses/999999", "/auth/me"])
def test_an_error_is_never_a_page(db: None, path: str) -> None:
    response = Client().get(f"/api/v1{path}", headers=HTML)
    assert response.status_code in (401, 404)
    assert response["Content-Type"] == "application/problem+json"
