"""An application and its deal are one story, whichever side tells it."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from accounts.services import remove_member
from courses.factories import CourseFactory
from courses.models import Course
from enrolments import services as enrolments
from enrolments.models import Enrolment
from enrolments.services import CourseFull
from events.models import Event
from sales import pipeline
from sales.factories import ContactFactory, DealFactory
from sales.models import Activity, Contact, Deal, Task
from sales.pipeline import InvalidTransition
from sales.services import deals
from sales.services.deals import AmountOfSale, BoundToApplication, ForeignCourse, SaleOfSeat

S = Deal.Status


@pytest.fixture
def course(school: Organization) -> Course:
    return CourseFactory(organization=school, requires_approval=True, price="4900.00", title="Ботаника")


def test_an_application_is_a_lead_at_once(course: Course, student: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    deal = Deal.objects.get()
    assert (deal.enrolment, deal.course, deal.amount, deal.currency) == (enrolment, course, Decimal("4900.00"), "RUB")
    assert (deal.status, deal.stage.slug, deal.title, deal.organization) == (
        S.NEW,
        "qualification",
        "Ботаника",
        course.organization,
    )
    contact = deal.contact
    assert (contact.user, contact.email, contact.name, contact.source) == (
        student,
        student.email,
        "Стас",
        "application",
    )
    assert [line.kind for line in contact.activities.order_by("id")] == ["contact_created", "deal_created"]
    told = Event.objects.filter(topic="sales-events").order_by("id").values_list("type", flat=True)
    assert list(told) == ["contact.created", "deal.created"]


def test_the_contact_is_found_by_account_or_e_mail_and_keeps_its_owner(
    course: Course, student: User, manager: User
) -> None:
    known = ContactFactory(organization=course.organization, email=student.email, owner=manager)
    ContactFactory(organization=OrganizationFactory(), email=student.email)
    enrolments.apply(course=course, by=student)
    deal = Deal.objects.get()
    assert (deal.contact, deal.owner) == (known, manager)
    student.email = "new@school.example"
    student.save()
    enrolments.apply(course=CourseFactory(organization=course.organization), by=student)
    assert Deal.objects.filter(contact=known).count() == 2
    assert Contact.objects.filter(organization=course.organization).count() == 1


def test_a_free_course_makes_a_contact_and_no_deal(school: Organization, student: User) -> None:
    enrolments.apply(course=CourseFactory(organization=school, price=0), by=student)
    assert Contact.objects.count() == 1
    assert not Deal.objects.exists()


def test_a_course_without_approval_is_sold_at_once(school: Organization, student: User) -> None:
    enrolments.apply(course=CourseFactory(organization=school), by=student)
    deal = Deal.objects.get()
    assert (deal.status, deal.stage.slug) == (S.WON, "closed")
    assert deal.won_at


def test_winning_the_deal_accepts_the_application_and_the_other_way_round(
    course: Course, student: User, manager: User
) -> None:
    first = enrolments.apply(course=course, by=student)
    second = enrolments.apply(course=course, by=UserFactory())
    pipeline.win(deal=first.deals.get(), by=manager)
    enrolments.accept(enrolment=second, by=manager)
    for enrolment in Enrolment.objects.all():
        deal = enrolment.deals.get()
        assert (enrolment.status, deal.status, deal.stage.slug) == ("accepted", S.WON, "closed")
        assert enrolment.decided_by == manager
    course.refresh_from_db()
    assert course.seats_taken == 2
    assert Event.objects.filter(type="deal.won").count() == 2


def test_winning_a_deal_of_a_full_course_changes_nothing(course: Course, student: User, manager: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    Course.objects.update(capacity=0)
    before = Activity.objects.count(), Event.objects.count()
    with pytest.raises(CourseFull):
        pipeline.win(deal=enrolment.deals.get(), by=manager)
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.deals.get().status) == ("applied", S.NEW)
    assert (Activity.objects.count(), Event.objects.count()) == before


@pytest.mark.parametrize("verb", ["reject", "cancel"])
def test_the_end_of_an_application_loses_its_deal(course: Course, student: User, manager: User, verb: str) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    ended = getattr(enrolments, verb)(enrolment=enrolment, by=manager)
    deal = enrolment.deals.get()
    assert (deal.status, deal.lost_reason, deal.stage.slug) == (S.LOST, ended.status, "closed")


def test_a_withdrawal_takes_a_sale_back_and_a_new_application_opens_a_new_deal(
    school: Organization, student: User
) -> None:
    course = CourseFactory(organization=school)
    enrolment = enrolments.apply(course=course, by=student)
    enrolments.cancel(enrolment=enrolment, by=student)
    lost = Deal.objects.get()
    assert (lost.status, lost.lost_reason, lost.won_at) == (S.LOST, "cancelled", None)
    enrolments.apply(course=course, by=student)
    assert list(enrolment.deals.order_by("id").values_list("status", flat=True)) == [S.LOST, S.WON]


def test_a_deal_given_up_does_not_hide_the_sale(course: Course, student: User, manager: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    pipeline.lose(deal=enrolment.deals.get(), by=manager, reason="нет ответа")
    enrolments.accept(enrolment=enrolment, by=manager)
    assert list(enrolment.deals.order_by("id").values_list("status", flat=True)) == [S.LOST, S.WON]


def test_a_seat_that_comes_free_gives_the_owner_a_task(course: Course, student: User, manager: User) -> None:
    Course.objects.update(capacity=1)
    sales = member(Role.SALES, course.organization)
    first = enrolments.apply(course=course, by=UserFactory())
    enrolments.accept(enrolment=first, by=manager)
    ContactFactory(organization=course.organization, email=student.email, owner=sales)
    waiting = enrolments.apply(course=course, by=student)
    deal = waiting.deals.get()
    assert (waiting.status, deal.status) == ("waitlisted", S.NEW)
    enrolments.cancel(enrolment=first, by=first.student)
    deal.refresh_from_db()
    task = Task.objects.get()
    assert deal.status == S.IN_PROGRESS
    assert (task.deal, task.contact, task.assignee, task.created_by) == (deal, deal.contact, sales, None)
    assert "Стас" not in task.title  # a person who is deleted leaves no name behind


def test_an_application_that_fails_leaves_no_lead(school: Organization, student: User) -> None:
    course = CourseFactory(organization=school)
    enrolments.apply(course=course, by=student)
    with pytest.raises(enrolments.AlreadyEnrolled):
        enrolments.apply(course=course, by=student)
    assert (Contact.objects.count(), Deal.objects.count()) == (1, 1)


def test_an_application_has_one_open_deal_at_most(course: Course, student: User, manager: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    old = enrolment.deals.get()
    enrolments.reject(enrolment=enrolment, by=manager)
    enrolments.apply(course=course, by=student)
    with pytest.raises(InvalidTransition):
        pipeline.reopen(deal=old, by=manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.filter(pk=old.pk).update(status=S.IN_PROGRESS)


def test_the_deal_of_an_application_keeps_its_course_and_an_amount(
    course: Course, student: User, manager: User
) -> None:
    deal = enrolments.apply(course=course, by=student).deals.get()
    other = CourseFactory(organization=course.organization)
    for refusal, changes in [(BoundToApplication, {"course": other}), (AmountOfSale, {"amount": Decimal(0)})]:
        with pytest.raises(refusal):
            deals.update(deal=deal, by=manager, **changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.update(amount=0)
    with pytest.raises(ForeignCourse):
        deals.update(deal=DealFactory(organization=course.organization), by=manager, course=CourseFactory())


@pytest.mark.sweep
def test_whoever_has_left_stands_in_nobody_s_way(course: Course, student: User, manager: User) -> None:
    Course.objects.update(capacity=1)
    gone = member(Role.SALES, course.organization)
    ContactFactory(organization=course.organization, email=student.email, owner=gone)
    first = enrolments.apply(course=course, by=UserFactory())
    enrolments.accept(enrolment=first, by=manager)
    waiting = enrolments.apply(course=course, by=student)
    remove_member(membership=gone.memberships.get(), by=member(Role.OWNER, course.organization))
    enrolments.cancel(enrolment=first, by=first.student)
    assert Task.objects.get().assignee is None
    other = enrolments.apply(course=CourseFactory(organization=course.organization), by=student)
    assert other.deals.get().owner is None
    taken = pipeline.take(deal=waiting.deals.get(), by=manager)
    assert (taken.owner, taken.contact.owner) == (manager, manager)


def test_an_application_is_sold_once(course: Course, student: User, manager: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    lost = pipeline.lose(deal=enrolment.deals.get(), by=manager, reason="нет ответа")
    enrolments.accept(enrolment=enrolment, by=manager)
    with pytest.raises(InvalidTransition):
        pipeline.reopen(deal=lost, by=manager)
    assert enrolment.deals.filter(won_at__isnull=False).count() == 1


def test_a_closed_sale_is_taken_back_too(course: Course, student: User, manager: User) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    pipeline.close(deal=pipeline.win(deal=enrolment.deals.get(), by=manager), by=manager)
    enrolments.cancel(enrolment=enrolment, by=student)
    deal = enrolment.deals.get()
    assert (deal.status, deal.won_at, deal.lost_reason) == (S.LOST, None, "cancelled")


def test_the_sale_of_a_taken_seat_stays_and_other_deals_leave_their_trace(
    course: Course, student: User, manager: User
) -> None:
    enrolment = enrolments.apply(course=course, by=student)
    sold = pipeline.win(deal=enrolment.deals.get(), by=manager)
    with pytest.raises(SaleOfSeat):
        deals.delete(deal=sold, by=manager)
    enrolments.cancel(enrolment=enrolment, by=student)
    lines = list(sold.contact.activities.order_by("id").values_list("kind", flat=True))
    deals.delete(deal=sold, by=manager)
    assert list(sold.contact.activities.order_by("id").values_list("kind", flat=True)) == [*lines, "deal_deleted"]


def test_whoever_sells_gives_the_seat_by_winning_a_deal_of_their_own(course: Course, student: User) -> None:
    sales = member(Role.SALES, course.organization)
    enrolment = enrolments.apply(course=course, by=student)
    pipeline.win(deal=pipeline.take(deal=enrolment.deals.get(), by=sales), by=sales)
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.decided_by) == ("accepted", sales)
