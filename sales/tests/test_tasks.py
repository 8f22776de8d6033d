"""Tasks: due in the organisation's own day, and told of once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.access import Role
from accounts.factories import OrganizationFactory, member
from accounts.models import Organization, User
from accounts.services import remove_member
from events.models import Event, Letter
from sales.factories import ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Task
from sales.reminders import remind_of_tasks
from sales.services import tasks
from sales.services.people import NotTheirAssignee
from sales.services.tasks import DueInPast, DueOutOfRange, ForeignContact, ForeignDeal

NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # 12:00 in Moscow


def test_overdue_means_past_the_day_s_end_where_the_organisation_is(manager: User) -> None:
    moscow, almaty = OrganizationFactory(), OrganizationFactory(time_zone="Asia/Almaty")
    at_18_utc = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)  # 21:30 on the 20th in Moscow, 23:30 in Almaty
    for school in (moscow, almaty):
        TaskFactory(organization=school, due_at=at_18_utc, title="к вечеру")
        TaskFactory(organization=school, due_at=at_18_utc, title="сделано", status="done", done_at=at_18_utc)
    with time_machine.travel(datetime(2026, 11, 20, 19, 30, tzinfo=UTC), tick=False):  # Almaty: the 21st has begun
        assert [task.title for task in Task.objects.overdue(almaty)] == ["к вечеру"]
        assert not Task.objects.overdue(moscow).exists()
        assert [task.is_overdue for task in Task.objects.undone().order_by("pk")] == [False, True]
    with time_machine.travel(datetime(2026, 11, 20, 21, 0, tzinfo=UTC), tick=False):  # midnight in Moscow
        assert Task.objects.overdue(moscow).exists()


def test_a_task_is_about_a_deal_or_contact_of_its_organisation(school: Organization, manager: User) -> None:
    deal, foreign = DealFactory(organization=school), DealFactory()
    due_at = datetime.now(UTC) + timedelta(days=1)
    made = tasks.create(task=Task(organization=school, title="Позвонить", due_at=due_at, deal=deal), by=manager)
    assert (made.contact, made.created_by, made.status) == (deal.contact, manager, "todo")
    for refusal, about in [
        (ForeignDeal, {"deal": foreign}), (ForeignContact, {"contact": foreign.contact}),
        (ForeignContact, {"deal": deal, "contact": ContactFactory(organization=school)}),
        (NotTheirAssignee, {"assignee": member(Role.SALES, foreign.organization)}),
    ]:  # fmt: skip
        with pytest.raises(refusal):
            tasks.create(task=Task(organization=school, title="Нет", due_at=due_at, **about), by=manager)
    for due, refused in [(due_at - timedelta(days=2), DueInPast), (due_at.replace(year=9999), DueOutOfRange)]:
        with pytest.raises(refused):
            tasks.create(task=Task(organization=school, title="Нет", due_at=due), by=manager)
    assert Task.objects.count() == 1


def test_what_happens_to_a_task_is_in_the_timeline(school: Organization, manager: User) -> None:
    deal = DealFactory(organization=school)
    task = tasks.create(
        task=Task(organization=school, title="Позвонить", due_at=datetime.now(UTC) + timedelta(days=1), deal=deal),
        by=manager,
    )
    tasks.update(task=task, by=manager, title="Написать")
    done = tasks.finish(task=task, by=manager)
    assert done.done_at
    again = tasks.update(task=task, by=manager, status="todo")
    assert again.done_at is None
    tasks.delete(task=task, by=manager)
    lines = deal.activities.order_by("id").values_list("kind", "payload__field")
    assert list(lines) == [
        ("task_created", None), ("field_changed", "title"), ("field_changed", "status"), ("task_done", None),
        ("field_changed", "status"), ("task_deleted", None),
    ]  # fmt: skip
    assert {line.contact for line in Activity.objects.all()} == {deal.contact}
    assert list(Event.objects.filter(topic="sales-events").order_by("id").values_list("type", flat=True)) == [
        "task.created", "task.done",
    ]  # fmt: skip


def test_an_old_due_time_may_stay_but_a_new_one_is_to_come(school: Organization, manager: User) -> None:
    late = TaskFactory(organization=school, due_at=datetime.now(UTC) - timedelta(days=3))
    tasks.update(task=late, by=manager, title="Всё ещё", due_at=late.due_at)
    with pytest.raises(DueInPast):
        tasks.update(task=late, by=manager, due_at=late.due_at + timedelta(days=1))


def told() -> list[str]:
    """The subjects of the letters that the hourly job writes when it runs, twice."""
    before = Letter.objects.count()
    remind_of_tasks()
    remind_of_tasks()
    return list(Letter.objects.order_by("id").values_list("subject", flat=True)[before:])


def test_each_letter_goes_once_and_again_for_another_date(school: Organization) -> None:
    sales, english = member(Role.SALES, school), member(Role.SALES, school, user__language="en")
    with time_machine.travel(NOON, tick=False):
        soon = TaskFactory(organization=school, assignee=sales, due_at=NOON + timedelta(hours=5), title="Созвон")
        TaskFactory(organization=school, assignee=english, due_at=NOON - timedelta(days=2), title="Invoice")
        TaskFactory(organization=school, assignee=sales, due_at=NOON + timedelta(hours=47), title="Не скоро")
        TaskFactory(organization=school, assignee=None, due_at=NOON - timedelta(days=2), title="Ничья")
        with time_machine.travel(NOON - timedelta(hours=6), tick=False):
            assert told() == []  # it is six in the morning
        assert told() == ["Скоро срок: Созвон", "Overdue: Invoice"]
        first, second = Letter.objects.order_by("id")
        assert (first.to, second.to) == (sales.email, english.email)
        assert "17:00" in first.text
        tasks.update(task=soon, by=sales, due_at=NOON + timedelta(hours=6))
        assert told() == ["Скоро срок: Созвон"]
        tasks.update(task=soon, by=sales, assignee=english)
        assert told() == ["Due soon: Созвон"]
        tasks.update(task=soon, by=sales, assignee=sales)
        remove_member(membership=english.memberships.get(), by=member(Role.OWNER, school))
        TaskFactory(organization=school, assignee=english, due_at=NOON - timedelta(days=3), title="Ушедшего")
        assert told() == []
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert told() == ["Скоро срок: Не скоро", "Просрочено: Созвон"]
