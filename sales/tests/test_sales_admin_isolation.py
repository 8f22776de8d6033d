"""By no page of the admin does a manager of one school reach a row of another."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization, User
from courses.factories import CourseFactory
from courses.models import Course
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Contact, Deal, Stage, Task

Browse = Callable[..., Client]
SALES = "/admin/sales"
AUTOCOMPLETE = "/admin/autocomplete/"


@pytest.fixture
def theirs() -> dict[str, Any]:
    """A row of each kind in another school, all of one name."""
    contact = ContactFactory(name="Чужое", email="alien@x.example", organization__name="Чужая школа")
    home = contact.organization
    deal = DealFactory(organization=home, contact=contact, title="Чужое")
    rows = {"contact": contact, "deal": deal, "stage": Stage.objects.of(home.pk)[0]}
    rows["task"] = TaskFactory(organization=home, contact=contact, title="Чужое")
    rows["activity"] = ActivityFactory(organization=home, contact=contact, text="Чужое")
    return rows | {"owner": member(Role.MANAGER, home, user__name="Чужое"), "home": home}


@pytest.mark.sweep
def test_nothing_is_listed_found_opened_or_exported(
    school: Organization, manager: User, browse: Browse, theirs: dict[str, Any]
) -> None:
    client = browse(manager)
    DealFactory(organization=school)
    for model in ("contact", "deal", "stage", "task", "activity"):
        row, address = theirs[model], f"{SALES}/{model}/"
        everything = f"?organization={theirs['home'].pk}&stage={theirs['stage'].pk}"
        for query in {"stage": [""], "contact": ["", "?q=alien"], "deal": ["", "?q=alien", everything]}.get(
            model, [""]
        ):
            page = client.get(f"{address}{query}", follow=True).content.decode()
            assert "Чуж" not in page, (model, query)
        for part in ("change", "delete", "history"):
            shown = client.get(f"{address}{row.pk}/{part}/")
            assert shown.status_code in (302, 403), (model, part)
            assert "Чуж" not in shown.content.decode()
    for model in ("contact", "deal"):
        assert "Чуж" not in client.get(f"{SALES}/{model}/export/").content.decode()
        assert client.post(f"{SALES}/{model}/{theirs[model].pk}/log/", {"kind": "note", "text": "x"}).status_code == 404


@pytest.mark.sweep
def test_nothing_is_changed_one_by_one_or_in_bulk(
    school: Organization, manager: User, browse: Browse, theirs: dict[str, Any]
) -> None:
    client = browse(manager)
    stage = Stage.objects.of(school.pk)[1]
    for verb in ("take", "start", "win", "lose", "close", "reopen", "move"):
        sent = {"reason": "x", "stage": stage.pk, "told": "yes"}
        assert client.post(f"{SALES}/deal/{theirs['deal'].pk}/do/{verb}/", sent).status_code == 404
        client.post(f"{SALES}/deal/", sent | {"action": verb, "_selected_action": [theirs["deal"].pk]})
    client.post(f"{SALES}/task/", {"action": "finish", "_selected_action": [theirs["task"].pk]})
    mine = ContactFactory(organization=school)
    client.post(f"{SALES}/contact/", {"action": "merge", "_selected_action": [mine.pk, theirs["contact"].pk],
                                      "told": "yes", "contact": mine.pk})  # fmt: skip
    for model in ("contact", "deal", "stage", "task", "activity"):
        client.post(f"{SALES}/{model}/{theirs[model].pk}/delete/", {"post": "yes"})
        client.post(f"{SALES}/{model}/{theirs[model].pk}/change/", {"name": "x", "title": "x", "text": "x"})
        before = theirs[model]
        now = type(before).objects.get(pk=before.pk)
        assert {**now.__dict__, "_state": 0} == {**type(before).objects.get(pk=before.pk).__dict__, "_state": 0}
        assert str(now) == str(before)
    assert (Deal.objects.get().status, Deal.objects.get().version, Task.objects.get().done_at) == ("new", 1, None)


@pytest.mark.sweep
def test_a_key_posted_by_hand_refers_to_nothing_foreign(
    school: Organization, manager: User, browse: Browse, theirs: dict[str, Any]
) -> None:
    client, course = browse(manager), CourseFactory(organization=theirs["home"])
    contact, deal = ContactFactory(organization=school), DealFactory(organization=school)
    added: dict[str, dict[str, Any]] = {
        "contact": {"organization": school.pk, "name": "Н"},
        "deal": {"contact": contact.pk, "title": "Н", "amount": "1", "currency": "RUB"},
        "task": {"organization": school.pk, "title": "Н", "due_at_0": "2090-01-01", "due_at_1": "10:00"},
    }
    foreign = {
        "owner": theirs["owner"].pk, "assignee": theirs["owner"].pk, "course": course.pk, "deal": theirs["deal"].pk,
        "contact": theirs["contact"].pk, "organization": theirs["home"].pk,
    }  # fmt: skip
    asked = {"contact": ["owner", "organization"], "deal": ["contact", "owner", "course"],
             "task": ["organization", "assignee", "deal", "contact"]}  # fmt: skip
    for model, fields in asked.items():
        for field in fields:
            page = client.post(f"{SALES}/{model}/add/", added[model] | {field: foreign[field]})
            assert field in page.context["adminform"].form.errors, (model, field)
    change = {"title": "Н", "amount": "1", "currency": "RUB", "seen_version": 1}
    for field in ("owner", "course"):
        page = client.post(f"{SALES}/deal/{deal.pk}/change/", change | {field: foreign[field]})
        assert field in page.context["adminform"].form.errors
    assert (Contact.objects.count(), Deal.objects.count(), Task.objects.count()) == (3, 2, 1)


@pytest.mark.sweep
def test_an_autocomplete_finds_what_the_form_accepts(
    school: Organization, manager: User, browse: Browse, theirs: dict[str, Any]
) -> None:
    CourseFactory(organization=theirs["home"], title="Чужое", status=Course.Status.PUBLISHED)
    mine = DealFactory(organization=school, contact__name="Анна", title="Моё")
    client, viewer = browse(manager), browse(member(Role.VIEWER, school))
    CourseFactory(organization=school, title="Курс")
    fields = {"contact": "Анна", "deal": "Моё", "owner": "Марина", "course": "Курс", "assignee": "Марина"}
    for model, field in [("deal", "contact"), ("deal", "owner"), ("deal", "course"), ("contact", "owner"),
                         ("task", "deal"), ("task", "contact"), ("task", "assignee")]:  # fmt: skip
        asked = {"app_label": "sales", "model_name": model, "field_name": field}
        found = client.get(AUTOCOMPLETE, asked | {"term": ""}).json()["results"]
        assert any(fields[field] in row["text"] for row in found), (model, field)
        assert all("Чуж" not in row["text"] for row in found), (model, field)
        for term, more in (("Чуж", {}), ("", {"organization": theirs["home"].pk}), ("\x00Чуж", {})):
            found = client.get(AUTOCOMPLETE, asked | {"term": term} | more).json()["results"]
            assert found == [], (model, field, term)
        assert viewer.get(AUTOCOMPLETE, asked | {"term": ""}).status_code == 403
    for model, field in [("deal", "stage"), ("deal", "enrolment"), ("contact", "user"), ("activity", "author")]:
        asked = {"app_label": "sales", "model_name": model, "field_name": field, "term": ""}
        assert client.get(AUTOCOMPLETE, asked).status_code in (403, 404), (model, field)
    me = browse(member(Role.MEMBER, school))
    asked = {"app_label": "sales", "model_name": "deal", "field_name": "contact", "term": "Анна"}
    assert me.get(AUTOCOMPLETE, asked).json()["results"] == []
    assert me.get(AUTOCOMPLETE, asked | {"field_name": "owner", "term": mine.title}).json()["results"] == []


@pytest.mark.sweep
def test_who_works_in_two_schools_chooses_inside_one(
    school: Organization, manager: User, browse: Browse, theirs: dict[str, Any]
) -> None:
    both = member(Role.MANAGER, school)
    both.memberships.create(organization=theirs["home"], role=Role.VIEWER)
    both.memberships.update(role=Role.MANAGER)
    deal, client = DealFactory(organization=school, owner=both), browse(both)
    form = client.get(f"{SALES}/deal/{deal.pk}/change/")
    assert f"organization={school.pk}" in form.content.decode()
    assert theirs["owner"] not in form.context["adminform"].form.fields["owner"].queryset
    asked = {"app_label": "sales", "model_name": "deal", "field_name": "owner", "term": ""}
    everybody = client.get(AUTOCOMPLETE, asked).json()["results"]
    here = client.get(AUTOCOMPLETE, asked | {"organization": school.pk}).json()["results"]
    assert [any("Чуж" in row["text"] for row in found) for found in (everybody, here)] == [True, False]
    sent = {"title": "Н", "amount": "1", "currency": "RUB", "seen_version": 1, "owner": theirs["owner"].pk}
    assert "owner" in client.post(f"{SALES}/deal/{deal.pk}/change/", sent).context["adminform"].form.errors
    task = {"organization": school.pk, "title": "Н", "due_at_0": "2090-01-01", "due_at_1": "10:00"}
    page = client.post(f"{SALES}/task/add/", task | {"deal": theirs["deal"].pk})
    assert "deal" in page.context["adminform"].form.errors
    assert Task.objects.count() == 1


@pytest.mark.sweep
def test_strange_filters_and_keys_break_nothing(school: Organization, manager: User, browse: Browse) -> None:
    client = browse(manager)
    for model, value in (("contact", "²"), ("deal", "9" * 30), ("task", "\x00")):
        query = dict.fromkeys(["organization", "stage", "owner", "author", "due", "assignee"], value)
        assert client.get(f"{SALES}/{model}/", query).status_code in (200, 302)
        assert client.get(f"{SALES}/{model}/add/", {"contact": value, "owner": value}).status_code == 200
        sent = {"contact": value, "owner": value, "deal": value, "organization": value}
        assert client.post(f"{SALES}/{model}/add/", sent).status_code == 200
        action = {"contact": "merge", "deal": "win", "task": "finish"}[model]
        assert client.post(f"{SALES}/{model}/", {"action": action, "_selected_action": value}).status_code == 302
