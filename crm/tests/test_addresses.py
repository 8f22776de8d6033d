"""What stands in the addresses of the admin: keys that can be read again, and queries that break no page."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.access import Role
from accounts.addresses import SturdyAdmin
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from enrolments.factories import EnrolmentFactory
from feedback.factories import FeedbackFactory
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Contact, Stage

pytestmark = pytest.mark.django_db

Browse = Callable[..., Client]
SALES = "/admin/sales"
BIG = 1_234_567
# An attribute that programs read, with a number as people read it.
SPLIT = re.compile(r'\b(?:href|action|formaction|value|id|for|name|hx-[a-z]+|data-[a-z]+)="[^"]*\d[,\u00a0]\d{3}[^"]*"')


@pytest.mark.sweep
def test_no_key_is_written_as_people_read_numbers(student: User, browse: Browse) -> None:
    home = OrganizationFactory(id=BIG)
    Stage.objects.of(BIG).delete()
    Stage.objects.bulk_create(
        Stage(id=BIG + n, organization=home, slug=f"s{n}", name=f"S{n}", position=n, probability=n) for n in (1, 2)
    )
    owner, course = member(Role.OWNER, home, user__id=BIG), CourseFactory(id=BIG, organization=home)
    EnrolmentFactory(id=BIG, course=course, student=student)
    FeedbackFactory(id=BIG, course=course, author=student)
    contact = ContactFactory(id=BIG, organization=home)
    deal = DealFactory(id=BIG, organization=home, contact=contact)
    TaskFactory(id=BIG, organization=home, contact=contact, deal=deal)
    ActivityFactory(id=BIG, organization=home, contact=contact, deal=deal)
    pages = [
        "/admin/", f"{SALES}/deal/board/", f"{SALES}/deal/", f"{SALES}/deal/add/", f"{SALES}/task/", f"{SALES}/contact/",
        f"{SALES}/contact/import/", *(f"{SALES}/{model}/{BIG}/change/" for model in ("contact", "deal", "task")),
        f"{SALES}/deal/{BIG}/do/lose/", f"{SALES}/deal/{BIG}/do/move/",
    ]  # fmt: skip
    public = [course.get_absolute_url(), *map(reverse, ("course_list", "enrolment_list", "feedback_list"))]
    visits = [(owner, page) for page in pages]
    visits += [(student, page) for page in public]
    for person, page in visits:
        response = browse(person).get(page)
        assert response.status_code == 200, page
        assert SPLIT.findall(response.content.decode()) == [], page


def test_an_import_into_an_organisation_of_a_big_key_is_confirmed(browse: Browse) -> None:
    home = OrganizationFactory(id=BIG)
    client, page = browse(member(Role.OWNER, home)), f"{SALES}/contact/import/"
    file = SimpleUploadedFile("contacts.csv", b"name,email\nPeter,peter@x.example")
    seen = client.post(page, {"organization": BIG, "file": file}).content.decode()
    client.post(page, dict(re.findall(r'type="hidden" name="(organization|file|confirmed)" value="([^"]*)"', seen)))
    assert Contact.objects.get().organization == home


END, BEGINNING = "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"


@pytest.mark.sweep
def test_a_query_that_cannot_be_read_is_a_bad_lookup(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    for query in (
        f"task/?due_at__lt={END}", "activity/?happened_at__year=99999999999",
        f"deal/export/?stage_entered_at__lt={quote(BEGINNING)}", "deal/export/?amount=zzz",
    ):  # fmt: skip
        response = visit(client, f"{SALES}/{query}")
        assert response.headers.get("Location") in (None, f"{SALES}/{query.split('/')[0]}/?e=1"), query
        assert response.status_code in (200, 302), query  # a calendar may be longer in one database than in another
    assert visit(client, f"{SALES}/deal/export/?amount=zzz").status_code == 302
    assert visit(client, f"{SALES}/activity/?happened_at__year=99999999999").status_code == 302
    for text, shown in (
        ("zzz", None), ("", None), ("2026-13-01", None), (END, None), (BEGINNING, None), ("2026-02-01T10:00", "10:00:00"),
    ):  # fmt: skip
        page = client.get(f"{SALES}/task/add/", {"due_at": text, "title": "Call"})
        assert page.context["adminform"].form.initial["title"] == "Call"
        assert (f'value="{shown}"' in page.content.decode()) is (shown is not None), text


@pytest.mark.parametrize(
    ("column", "order"),
    [("3", ["amount", "pk"]), ("-3", ["-amount", "-pk"]), ("1.-3.7", ["-amount", "-pk"]), ("4", ["-id"])],
)
def test_a_list_is_sorted_by_its_headers_and_in_the_order_of_an_index(
    browse: Browse, column: str, order: list[str]
) -> None:
    page = browse(UserFactory(is_staff=True, is_superuser=True)).get(f"{SALES}/deal/", {"o": column})
    assert list(dict.fromkeys(page.context["cl"].queryset.query.order_by)) == order


def test_several_headers_are_kept(browse: Browse) -> None:
    client = browse(UserFactory(is_staff=True, is_superuser=True))
    for address, column, order in (
        ("courses/course", "4.-1", ["price", "-title", "-pk"]), ("accounts/organization", "-2.0", ["-currency", "name", "pk"]),
    ):  # fmt: skip
        page = client.get(f"/admin/{address}/", {"o": column})
        assert list(page.context["cl"].queryset.query.order_by) == order


def visit(client: Client, address: str, query: dict[str, str] | None = None) -> Any:
    """A page that is only read. PostgreSQL refuses all further questions of a transaction after one that it could not
    read: here that would be the test's own, while a real request has none."""
    with transaction.atomic():
        response = client.get(address, query)
        transaction.set_rollback(True)
    return response


OURS = [model for model, of in admin.site._registry.items() if isinstance(of, SturdyAdmin)]


def test_every_admin_of_ours_is_sturdy() -> None:
    others = {model.__module__.partition(".")[0] for model in admin.site._registry if model not in OURS}
    assert others <= {"allauth", "django"}


@pytest.mark.sweep
@pytest.mark.parametrize("model", OURS, ids=str)
def test_no_value_of_any_column_breaks_a_page(browse: Browse, model: type) -> None:
    deal = DealFactory()
    TaskFactory(organization=deal.organization, deal=deal)
    client, opts = browse(UserFactory(is_staff=True, is_superuser=True)), admin.site._registry[model].opts
    name = f"admin:{opts.app_label}_{opts.model_name}"
    pages = [reverse(f"{name}_{page}") for page in ("changelist", "add")]
    for field in opts.fields:
        for lookup, value in (("", "zzz"), ("", "\x00"), ("__in", "9" * 30), ("__lt", END), ("__year", "9" * 30)):
            for page in [pages[0], f"{pages[0]}export/"]:
                answer = visit(client, page, {f"{field.name}{lookup}": value})
                assert answer.status_code in (200, 302, 400, 404), (page, field.name, value)
            assert visit(client, pages[1], {field.name: value}).status_code in (200, 302, 403)
