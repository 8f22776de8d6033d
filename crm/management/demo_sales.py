"""The sales side of the demo school: what its people do with the deals that the applications opened."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from django.db.models import F
from django.utils import timezone

from accounts.models import Organization, User
from sales import pipeline, timeline
from sales.models import Activity, Contact, Deal, Stage, Task
from sales.services import contacts, deals, tasks

Kind = Activity.Kind

NEWCOMERS = [  # name, e-mail, phone, source
    ("Тамара Львовна Рощина", "roshina@firma.example", "+79161234501", "рекомендация"),
    ("Игнат Соловьёв", "ignat.solovyov@firma.example", "+79161234502", "реклама"),
    ("ООО «Северный ветер», Лидия", "hr@veter.example", "+78121234503", "звонок"),
    ("Руслан Абдуллин", "ruslan@people.example", "+79161234504", "сайт"),
    ("Василиса Чернова", "vasilisa@people.example", "+79161234505", "конференция"),
    ("Марк Штейн", "mark.stein@people.example", "+79161234506", "реклама"),
]
WISHES = [  # title, amount
    ("Обучение отдела, 5 человек", "74500.00"), ("Python для племянника", "14900.00"),
    ("Курс для всей компании", "310000.00"), ("Аналитика данных со скидкой", "21900.00"),
    ("Дизайн и маркетинг вместе", "33000.00"), ("Корпоративный английский", "89000.00"),
]  # fmt: skip
TALKS = [
    (Kind.CALL, "Рассказали о программе, просит прислать договор.", 12),
    (Kind.EMAIL, "Отправили программу и цены.", None),
    (Kind.MEETING, "Показали личный кабинет, понравилось.", 40),
    (Kind.NOTE, "Удобно говорить после 18:00.", None),
    (Kind.CALL, "Не ответили, перезвонить завтра.", 1),
]
TODO = ["Перезвонить", "Отправить договор", "Напомнить об оплате", "Узнать решение", "Прислать программу"]


def fill(school: Organization, staff: dict[str, User], random: Random) -> None:
    """Newcomers beside the applicants; owners, talks, tasks, wins and losses, through the services that people use."""
    sellers = [staff[f"{role}@demo.example"] for role in ("sales", "member", "manager")]
    for (name, email, phone, source), (title, amount) in zip(NEWCOMERS, WISHES, strict=True):
        by = random.choice(sellers)
        contact = Contact(organization=school, owner=by, name=name, email=email, phone=phone, source=source)
        contacts.create(contact=contact, by=by)
        deal = Deal(organization=school, contact=contact, owner=by, title=title, amount=Decimal(amount))
        deals.create(deal=deal, by=by)
    for number, deal in enumerate(Deal.objects.open().filter(organization=school).order_by("pk")):
        _work(deal, number, random.choice(sellers), random)
    _spread_dates(school, random)


def _work(deal: Deal, number: int, seller: User, random: Random) -> None:
    """Some deals stay as they came, without an owner; the others are somewhere on their way."""
    if deal.owner is None and number % 4 == 0:
        return
    by = deal.owner or pipeline.take(deal=deal, by=seller).owner or seller
    pipeline.start(deal=deal, by=by)
    for kind, text, minutes in random.sample(TALKS, 2):
        timeline.log(about=deal, kind=kind, text=text, by=by, minutes=minutes)
    stages = list(Stage.objects.of(deal.organization_id))
    pipeline.move(deal=deal, stage=stages[number % 3], by=by)
    if deal.enrolment_id is None and number % 5 == 1:
        pipeline.win(deal=deal, by=by)
    elif deal.enrolment_id is None and number % 5 == 2:
        pipeline.lose(deal=deal, by=by, reason="Выбрали другую школу")
    else:
        due_at = timezone.now() + timedelta(hours=random.randint(2, 120))
        task = Task(
            organization_id=deal.organization_id, title=random.choice(TODO), due_at=due_at, assignee=by, deal=deal
        )
        tasks.create(task=task, by=by)


def _spread_dates(school: Organization, random: Random) -> None:
    """The last weeks, in the order in which things were done; every third task is late."""
    age = timedelta()
    rows = list(Activity.objects.filter(organization=school).order_by("-pk"))
    for row in rows:
        age += timedelta(minutes=random.randint(1, 90))
        row.created_at = row.happened_at = timezone.now() - age
    Activity.objects.bulk_update(rows, ["created_at", "happened_at"], batch_size=500)
    for task in Task.objects.filter(organization=school, done_at=None).order_by("pk")[::3]:
        Task.objects.filter(pk=task.pk).update(due_at=F("due_at") - timedelta(days=random.randint(6, 9)))
