"""Applications and sales are one story: what happens to an enrolment happens to its deal, in the same transaction.

These are subscribers of the enrolments' events. Whoever emits them has locked the course, so what happens to one
enrolment comes one after the other.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from enrolments.models import Enrolment
from events.models import Event
from events.outbox import on
from events.privacy import forget
from sales import pipeline
from sales.models import Activity, Contact, Deal, Task
from sales.models.work import start_of_day
from sales.services import contacts, deals, tasks
from sales.services.people import works_here

LIVE = Q(is_open=True) | Q(won_at__isnull=False)  # a sale stays one after it was closed


@on("enrolment.applied", "enrolment.reinstated")
def open_lead(event: Event) -> None:
    """An application is a lead at once: a contact, and for a course that costs something a deal with its price."""
    enrolment, by = _read(event)
    contacts.of_student(organization=enrolment.organization, student=enrolment.student)
    _deal_of(enrolment, by)


@on("enrolment.accepted")
def win_deal(event: Event) -> None:
    """Accepted by whatever door: the open deal is won. A deal that was given up before does not hide the sale."""
    enrolment, by = _read(event)
    if deal := _deal_of(enrolment, by):
        pipeline.settle_won(deal, by=by)


@on("enrolment.rejected", "enrolment.cancelled")
def lose_deal(event: Event) -> None:
    """The application has ended, so the deal is lost for that reason: the open one, or a sale that is taken back."""
    enrolment, by = _read(event)
    if deal := enrolment.deals.select_for_update().filter(LIVE).order_by("-pk").first():
        pipeline.settle_lost(deal, reason=enrolment.status, by=by)


@on("enrolment.seat_offered")
def work_on_deal_again(event: Event) -> None:
    """A seat has come free for somebody who waited: the deal is worked on, and its owner has a task until tomorrow."""
    enrolment, by = _read(event)
    deal = _deal_of(enrolment, by)
    if deal is None:
        return
    if deal.status == Deal.Status.NEW:
        pipeline.start(deal=deal, by=by)
    owner = _at_work(deal.owner, enrolment)
    with override(owner.language if owner else settings.LANGUAGE_CODE):
        title = _("A seat has come free: talk to the applicant")
    tasks.create(
        task=Task(
            organization=deal.organization,
            title=title,
            due_at=start_of_day(deal.organization) + timedelta(days=2, seconds=-1),
            assignee=owner,
            deal=deal,
        ),
        by=by,
    )


@on("user.deleted")
def forget_contacts(event: Event) -> None:
    """Sales forgets whoever the school forgets: deals stay, with nobody's name, e-mail or phone on them."""
    user = User.objects.get(pk=event.payload["user_id"])
    for contact in Contact.objects.select_for_update().filter(user=user):
        contact.name, contact.email, contact.phone = user.name, None, ""
        contact.save(update_fields=["name", "email", "phone", "updated_at"])
        forget(topic="sales-events", key=contact.pk)
        told = Activity.objects.filter(contact=contact)
        told.filter(Q(payload__field__in=["name", "email", "phone"]) | Q(kind=Activity.Kind.CONTACT_MERGED)).delete()


def _read(event: Event) -> tuple[Enrolment, User]:
    rows = Enrolment.objects.select_related("course", "organization", "student")
    return rows.get(pk=event.payload["enrolment_id"]), User.objects.get(pk=event.payload["actor_id"])


def _deal_of(enrolment: Enrolment, by: User) -> Deal | None:
    """The enrolment's open deal, locked, and opened if there is none; None for a course that costs nothing."""
    deal = enrolment.deals.select_for_update().filter(is_open=True).first()
    if deal or enrolment.course.price <= 0:
        return deal
    contact = contacts.of_student(organization=enrolment.organization, student=enrolment.student)
    fresh = Deal(
        organization=enrolment.organization,
        contact=contact,
        owner=_at_work(contact.owner, enrolment),
        course=enrolment.course,
        enrolment=enrolment,
        title=enrolment.course.title,
        amount=enrolment.course.price,
        currency=enrolment.course.currency,
    )
    return deals.create(deal=fresh, by=by)


def _at_work(person: User | None, enrolment: Enrolment) -> User | None:
    """The person, unless they have left the organisation: an application is not refused because of them."""
    return person if works_here(person, enrolment.organization_id) else None
