"""Fills a believable school, through the same services as people do."""

import random
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from slugify import slugify

from accounts.access import Role
from accounts.models import Membership, Organization, User
from accounts.services import create_organization
from courses.models import Course
from courses.services import create as create_course
from crm.management import demo_sales, demo_scale
from crm.management.demo_school import (
    COURSES,
    ENGLISH_NAMES,
    LOGINS,
    RUSSIAN_NAMES,
    SCHOOL_REVIEWS,
    SCHOOLS,
    SUPERUSER,
    DemoCourse,
)  # fmt: skip
from crm.management.progress import Bar
from enrolments import services as enrolments
from enrolments.models import Enrolment
from events.outbox import history
from feedback import services as feedback

PASSWORD = "demo-school"  # noqa: S105 - works only in DEBUG; elsewhere the demo accounts have no password
Status = Enrolment.Status


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        message = "give a whole number above zero"
        raise ArgumentTypeError(message)
    return int(text)


class Command(BaseCommand):
    help = (
        "Fill the demo school: 2 organisations, 12 courses, 60 students, enrolments in every status, reviews, a login "
        "per role. May be run again: what is there stays as it is. Outside DEBUG nobody can log in to its accounts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--scale",
            nargs="?",
            type=_number,
            const=1_000_000,
            metavar="DEALS",
            help="also fill a very large school, of a million deals unless another number is given; takes minutes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Organization.objects.filter(slug__in=SCHOOLS).exists():
            self.stdout.write("The demo school is already there; nothing was changed.")
        else:
            self._fill()
            self.stdout.write(self.style.SUCCESS("The demo school is open."))
        if options["scale"]:
            self._scale(options["scale"])
        if settings.DEBUG:
            self._print_logins()

    def _scale(self, number: int) -> None:
        if Organization.objects.filter(slug=demo_scale.SLUG).exists():
            self.stdout.write("The large school is already there; nothing was changed.")
            return
        staff = [User.objects.get(email=f"{role}@demo.example") for role in ("owner", "manager", "sales", "member")]
        demo_scale.Scale(number=number, staff=staff, out=self.stdout).fill()

    @history()  # nobody gets a letter about a story
    @transaction.atomic
    def _fill(self) -> None:
        self.random = random.Random(7)  # noqa: S311 - the same school every time
        self.password = User(age=30)
        self.password.set_password(PASSWORD if settings.DEBUG else None)
        self._person(*SUPERUSER, is_staff=True, is_superuser=True)
        staff = {
            email: self._person(email, name, language, is_staff=bool(roles)) for email, name, language, roles in LOGINS
        }
        schools = {slug: self._school(slug, staff) for slug in SCHOOLS}
        managers = {"mayak": staff["manager@demo.example"], "harbour": staff["harbour@demo.example"]}
        students = self._students(60)
        bar = Bar(self.stdout, "courses", len(COURSES))
        for number, demo in enumerate(COURSES, start=1):
            self._course(demo, schools[demo.school], managers[demo.school], students)
            bar.show(number)
        for author, (rating, text) in zip(students[30:], SCHOOL_REVIEWS, strict=False):
            feedback.write(text=text, rating=rating, course=None, by=author)
        self._story(staff["student@demo.example"], managers["mayak"])
        self._spread_dates()
        demo_sales.fill(schools["mayak"], staff, self.random)

    def _person(self, email: str, name: str, language: str, **fields: Any) -> User:
        user = User(email=email, name=name, language=language, age=self.random.randint(16, 58), **fields)
        user.password = self.password.password
        user.save()
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        return user

    def _school(self, slug: str, staff: dict[str, User]) -> Organization:
        roles = {staff[email]: roles[slug] for email, _name, _language, roles in LOGINS if slug in roles}
        owner = next(user for user, role in roles.items() if role == Role.OWNER)
        school = create_organization(organization=Organization(slug=slug, **SCHOOLS[slug]), by=owner)
        for user, role in roles.items():
            if user != owner:
                Membership.objects.create(user=user, organization=school, role=Role(role))
        return school

    def _students(self, number: int) -> list[User]:
        """The named login of a student is one of them."""
        names = [(name, "ru") for name in RUSSIAN_NAMES] + [(name, "en") for name in ENGLISH_NAMES]
        return [
            self._person(f"{slugify(name, separator='.')}@demo.example", name, language)
            for name, language in names[: number - 1]
        ]

    def _course(self, demo: DemoCourse, school: Organization, manager: User, students: list[User]) -> None:
        starts = timezone.localdate() + timedelta(days=demo.starts_in_days)
        course = Course(
            organization=school, title=demo.title, slug=demo.slug, description=demo.description, price=demo.price,
            currency=school.currency, capacity=demo.capacity, requires_approval=demo.by_approval, starts_on=starts,
            ends_on=starts + timedelta(weeks=demo.weeks), status=Course.Status.PUBLISHED,
        )  # fmt: skip
        create_course(course=course, by=manager)
        if demo.status != "draft":
            self._fill_course(course, demo, manager, students)
        if demo.status != course.status:
            Course.objects.filter(pk=course.pk).update(status=demo.status)

    def _fill_course(self, course: Course, demo: DemoCourse, manager: User, students: list[User]) -> None:
        """Somebody in every status; two seats more than there are are asked for where seats are few."""
        wanted = min((course.capacity or 14) + 2, 14)
        applied = [enrolments.apply(course=course, by=student) for student in self.random.sample(students, wanted)]
        if course.requires_approval:
            for enrolment in applied[:6]:
                enrolments.accept(enrolment=enrolment, by=manager)
            enrolments.reject(enrolment=applied[6], by=manager)
            enrolments.cancel(enrolment=applied[7], by=applied[7].student)
        studying = list(course.enrolments.holding_seats().select_related("student"))
        for enrolment, (rating, text) in zip(studying, demo.reviews, strict=False):
            feedback.write(text=text, rating=rating, course=course, by=enrolment.student)
        if demo.starts_in_days < 0:
            for enrolment in studying[:8]:
                enrolments.complete(enrolment=enrolment, by=manager)

    def _story(self, student: User, manager: User) -> None:
        """The student whose login is printed has something on every shelf."""
        for slug in (
            "kak-vybrat-professiyu",
            "analitika-dannyh",
            "dizajn-interfejsov",
            "marketing-v-sotssetyah",
        ):
            enrolment = enrolments.apply(course=Course.objects.get(slug=slug), by=student)
            if slug == "marketing-v-sotssetyah":
                enrolments.complete(enrolment=enrolment, by=manager)

    def _spread_dates(self) -> None:
        """Applications of the last weeks, in the order in which they were made."""
        rows = list(Enrolment.objects.filter(course__organization__slug__in=SCHOOLS).order_by("-pk"))
        age = timedelta()
        for row in rows:
            age += timedelta(minutes=self.random.randint(5, 600))
            row.applied_at = row.queued_at = timezone.now() - age
        Enrolment.objects.bulk_update(rows, ["applied_at", "queued_at"], batch_size=200)
        Enrolment.objects.exclude(decided_at=None).update(decided_at=F("applied_at"))

    def _print_logins(self) -> None:
        self.stdout.write(f"Demo logins, all with the password {PASSWORD}:")
        for email, _name, _language, roles in [*LOGINS, (*SUPERUSER, {"the platform": "superuser"})]:
            what = ", ".join(f"{role} of {slug}" for slug, role in roles.items()) or "student"
            self.stdout.write(f"  {email:24} {what}")
