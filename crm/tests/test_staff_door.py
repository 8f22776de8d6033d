"""The admin's door."""

from collections.abc import Callable

from django.test import Client

from accounts.factories import PASSWORD
from accounts.models import User

Browse = Callable[..., Client]


def test_staff_come_in_by_the_common_login_page(manager: User, browse: Browse) -> None:
    person = browse()
    asked = person.get("/admin/courses/course/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    entered = person.post(asked.redirect_chain[-1][0], {"login": manager.email, "password": PASSWORD}, follow=True)
    assert entered.redirect_chain[-1][0] == "/admin/courses/course/"
    assert entered.status_code == 200


def test_a_student_is_turned_away_without_a_loop(student: User, browse: Browse) -> None:
    assert browse(student).get("/admin/", follow=True).status_code == 403
