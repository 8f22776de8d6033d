"""A school as large as they get: contacts, deals and activities by bulk insert, to see that pages stay quick."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import models
from django.utils import timezone

from accounts.access import Role
from accounts.models import Membership, Organization, User
from accounts.services import create_organization
from courses.models import Course
from crm.management.demo_school import ENGLISH_NAMES, RUSSIAN_NAMES
from crm.management.progress import Bar
from sales.models import Activity, Contact, ContactWord, Deal, Stage, Task
from sales.search import words_of

SLUG = "scale"
BATCH = 2_000
NAMES = [name for name in (*RUSSIAN_NAMES, *ENGLISH_NAMES) if "'" not in name]
WORDS = 6  # of each contact: two of the name, the e-mail and its host, the phone with its country and without
STATUSES = ["new", "in_progress", *["won"] * 7, *["lost"] * 7, *["closed"] * 4]  # one deal in ten is open


class Scale:
    """Fills the organisation `scale` with `number` deals, twice as many activities, and a third as many contacts."""

    def __init__(self, *, number: int, staff: list[User], out: OutputWrapper) -> None:
        self.number, self.staff, self.out = number, staff, out
        self.random = random.Random(7)  # noqa: S311 - the same school every time
        self.now = timezone.now()

    def fill(self) -> None:
        self.school = create_organization(organization=Organization(name="Большая школа", slug=SLUG), by=self.staff[0])
        for user, role in zip(self.staff[1:], [Role.MANAGER, Role.SALES, Role.MEMBER], strict=True):
            Membership.objects.create(user=user, organization=self.school, role=role)
        self.stages = list(Stage.objects.of(self.school.pk))
        people = max(self.number // 3, 1)
        self._insert("courses", Course, (self._course(n) for n in range(40)), 40)
        self._insert("contacts", Contact, (self._contact(n) for n in range(people)), people)
        self.courses, self.contacts = self._keys(Course), self._keys(Contact)
        self._insert("search words", ContactWord, self._words(), people * WORDS)
        self._insert("deals", Deal, (self._deal(n) for n in range(self.number)), self.number)
        self.deals = list(
            Deal.objects.filter(organization=self.school).values_list("pk", "owner", "contact", "contact__owner")
        )
        self._insert("activities", Activity, (self._activity() for _ in range(self.number * 2)), self.number * 2)
        self._insert("tasks", Task, (self._task(n) for n in range(self.number // 5)), self.number // 5)

    def _insert(self, label: str, model: type[models.Model], rows: Iterator[Any], total: int) -> None:
        bar, done = Bar(self.out, label, total), 0
        while batch := list(islice(rows, BATCH)):
            model._default_manager.bulk_create(batch)
            done += len(batch)
            bar.show(done)

    def _keys(self, model: type[models.Model]) -> list[int]:
        return list(model._default_manager.filter(organization=self.school).values_list("pk", flat=True))

    def _past(self) -> datetime:
        return self.now - timedelta(seconds=self.random.randrange(730 * 86_400))

    def _course(self, number: int) -> Course:
        return Course(
            organization=self.school,
            title=f"Курс {number}",
            slug=f"scale-{number}",
            price=Decimal(self.random.randrange(10, 500) * 100),
            capacity=self.random.choice([None, 20, 50]),
            starts_on=(self.now + timedelta(days=number)).date(),
            status=Course.Status.PUBLISHED,
        )

    def _contact(self, number: int) -> Contact:
        return Contact(
            organization=self.school,
            owner=self.random.choice(self.staff),
            name=self.random.choice(NAMES),
            email=f"lead{number}@host{number % 1000}.example",
            phone=f"+7916{number % 10_000_000:07}",
            source=self.random.choice(["сайт", "звонок", "реклама"]),
            created_at=self._past(),
        )

    def _words(self) -> Iterator[ContactWord]:
        rows = Contact.objects.filter(organization=self.school).values_list("pk", "name", "email", "phone")
        for pk, name, email, phone in rows.iterator(chunk_size=BATCH):
            for word in sorted(words_of(name=name, email=email or "", phone=str(phone))):
                yield ContactWord(contact_id=pk, word=word)

    def _deal(self, number: int) -> Deal:
        status, when = self.random.choice(STATUSES), self._past()
        won = status == "won" or (status == "closed" and number % 2 == 0)
        is_open = status in Deal.OPEN
        return Deal(
            organization=self.school,
            contact_id=self.random.choice(self.contacts),
            owner=self.random.choice(self.staff),
            course_id=self.random.choice(self.courses),
            title=f"Сделка {number}",
            amount=Decimal(self.random.randrange(10, 900) * 100),
            currency=self.school.currency,
            status=status,
            stage=self.random.choice(self.stages[:-1]) if is_open else self.stages[-1],
            stage_entered_at=when,
            won_at=when if won else None,
            lost_at=None if won or is_open else when,
            lost_reason="" if won or is_open else "дорого",
            created_at=when,
        )

    def _activity(self) -> Activity:
        deal, deal_owner, contact, contact_owner = self.random.choice(self.deals)
        when = self._past()
        return Activity(
            organization=self.school,
            kind=self.random.choice(Activity.Kind.values),
            author=self.random.choice(self.staff),
            deal_id=deal,
            deal_owner_id=deal_owner,
            contact_id=contact,
            contact_owner_id=contact_owner,
            text="Договорились созвониться",
            happened_at=when,
            created_at=when,
        )

    def _task(self, number: int) -> Task:
        deal, _deal_owner, contact, _contact_owner = self.random.choice(self.deals)
        done = number % 10 != 0
        due_at = self._past() + timedelta(days=7)
        return Task(
            organization=self.school,
            title=f"Задача {number}",
            due_at=due_at,
            status=Task.Status.DONE if done else Task.Status.TODO,
            done_at=due_at if done else None,
            assignee=self.random.choice(self.staff),
            deal_id=deal,
            contact_id=contact,
            created_at=due_at - timedelta(days=3),
        )
