"""Contacts: one per e-mail, however written; found by beginnings of words; merged without losing a row."""

from datetime import UTC, datetime

import pytest

from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from accounts.models import Organization, User
from accounts.services import anonymise
from events.models import Event
from sales import timeline
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory
from sales.models import Activity, Contact, ContactWord, Deal
from sales.services import contacts, deals
from sales.services.contacts import ContactGone, ContactHasDeals, Duplicate, SameContact
from sales.services.people import NotTheirOwner


def test_one_e_mail_is_one_contact_of_an_organisation(school: Organization, manager: User) -> None:
    first = contacts.create(contact=Contact(organization=school, name="Анна", email="anna@people.example"), by=manager)
    second = ContactFactory(organization=school)
    with pytest.raises(Duplicate) as refusal:
        contacts.create(contact=Contact(organization=school, name="А.", email="anna@people.example"), by=manager)
    assert str(first.pk) in str(refusal.value)
    with pytest.raises(Duplicate):
        contacts.update(contact=second, by=manager, email="anna@people.example")
    assert not Activity.objects.filter(contact=second).exists()
    elsewhere = OrganizationFactory()
    contacts.create(contact=Contact(organization=elsewhere, name="А.", email="anna@people.example"), by=manager)
    for _ in range(2):
        contacts.create(contact=Contact(organization=school, name="Без адреса"), by=manager)
    assert Event.objects.filter(type="contact.created").count() == 4


def test_work_is_given_to_colleagues_alone(school: Organization, manager: User, student: User) -> None:
    with pytest.raises(NotTheirOwner):
        contacts.create(contact=Contact(organization=school, name="А", owner=student), by=manager)
    with pytest.raises(NotTheirOwner):
        contacts.update(contact=ContactFactory(organization=school), by=manager, owner=student)
    with pytest.raises(NotTheirOwner):
        deals.update(deal=DealFactory(organization=school), by=manager, owner=student)


def test_a_contact_is_found_by_the_beginnings_of_words(school: Organization) -> None:
    anna = ContactFactory(
        organization=school, name="Анна Фёдорова-Лис", email="anna.f@mail.example", phone="+79161234567"
    )
    ContactFactory(organization=school, name="Борис", email="boris@other.example")
    for text in [
        "анна", "ФЕДОР", "лис ан", "anna.f@", "mail.ex", "8 (916) 123-45-67", "+7 916 123", "916123", "Анна mail.example",
    ]:  # fmt: skip
        assert list(Contact.objects.search(text)) == [anna], text
    for text in ["нна", "анна борис", "ivan@", "_", "!!!", "((((("]:
        assert not Contact.objects.search(text).exists(), text
    contacts.update(contact=anna, by=UserFactory(), name="Инна")
    assert not Contact.objects.search("анна").exists()
    assert list(Contact.objects.search("инн")) == [anna]


def test_merging_moves_every_row_and_fills_what_is_missing(school: Organization, manager: User, student: User) -> None:
    kept = ContactFactory(organization=school, name="Анна", email=None, phone="+79161234567")
    gone = ContactFactory(organization=school, name="Аня", email="a@people.example", phone="+79990000000", user=student)
    deal = DealFactory(organization=school, contact=gone)
    task = TaskFactory(organization=school, contact=gone)
    line = ActivityFactory(organization=school, contact=gone, deal=deal)
    merged = contacts.merge(contact=kept, other=gone, by=manager)
    for row in (deal, task, line):
        row.refresh_from_db()
        assert row.contact == kept
    assert (merged.email, merged.phone, merged.user, merged.name) == (
        "a@people.example",
        "+79161234567",
        student,
        "Анна",
    )
    assert not Contact.objects.filter(pk=gone.pk).exists()
    assert not ContactWord.objects.filter(contact=gone.pk).exists()
    note = Activity.objects.get(contact=kept, kind="contact_merged")
    assert (note.author, note.payload["other"]["phone"]) == (manager, "+79990000000")
    assert Event.objects.get(type="contact.merged").payload["other_id"] == gone.pk
    assert list(Contact.objects.search("a@people")) == [kept]


def test_only_two_contacts_of_one_organisation_are_merged(school: Organization, manager: User) -> None:
    contact, foreign = ContactFactory(organization=school), ContactFactory()
    for other in (contact, foreign):
        with pytest.raises(SameContact):
            contacts.merge(contact=contact, other=other, by=manager)
    gone = ContactFactory(organization=school)
    contacts.merge(contact=contact, other=gone, by=manager)
    with pytest.raises(ContactGone):
        contacts.merge(contact=contact, other=Contact(pk=gone.pk or 999, organization=school), by=manager)


def test_a_contact_with_deals_stays(school: Organization) -> None:
    deal = DealFactory(organization=school)
    with pytest.raises(ContactHasDeals):
        contacts.delete(contact=deal.contact)
    alone = TaskFactory(organization=school, contact=ContactFactory(organization=school)).contact
    contacts.delete(contact=alone)
    assert list(Contact.objects.all()) == [deal.contact]


def test_a_contact_s_timeline_has_its_deals_too(school: Organization, manager: User) -> None:
    deal = DealFactory(organization=school)
    timeline.log(about=deal, kind=Activity.Kind.CALL, text="Договорились", by=manager, minutes=12)
    timeline.log(about=deal.contact, kind=Activity.Kind.NOTE, text="Любит ботанику", by=manager)
    for year in (1, 9999):
        with pytest.raises(timeline.DateOutOfRange):
            timeline.log(
                about=deal, kind=Activity.Kind.CALL, text="", by=manager, happened_at=datetime(year, 6, 1, tzinfo=UTC)
            )
    assert [line.text for line in deal.contact.activities.order_by("id")] == ["Договорились", "Любит ботанику"]
    assert [(line.text, line.minutes) for line in deal.activities.all()] == [("Договорились", 12)]


def test_a_deleted_person_is_forgotten_by_sales_too(school: Organization, student: User) -> None:
    root = UserFactory(is_superuser=True)
    contact = ContactFactory(organization=school, user=student, name="Стас", email=student.email, phone="+79161234567")
    anonymise(user=student, by=root)
    contact.refresh_from_db()
    assert (contact.email, str(contact.phone)) == (None, "")
    assert "Стас" not in contact.name
    assert not Contact.objects.search("стас").exists()


def test_the_timeline_goes_with_the_contact_and_the_deal_to_a_new_owner(school: Organization, manager: User) -> None:
    old, new = member(Role.MEMBER, school), member(Role.MEMBER, school)
    contact = contacts.create(contact=Contact(organization=school, name="Анна", owner=old), by=manager)
    deal = deals.create(deal=Deal(organization=school, contact=contact, title="Курс", owner=old), by=manager)

    def seen_by(user: User) -> list[str]:
        return list(Activity.objects.for_user(user, "view", school).order_by("id").values_list("kind", flat=True))

    assert (seen_by(old), seen_by(new)) == (["contact_created", "deal_created"], [])
    deals.update(deal=deal, by=manager, owner=new)
    assert seen_by(new) == ["deal_created", "field_changed"]
    contacts.update(contact=contact, by=manager, owner=new)
    assert (len(seen_by(old)), len(seen_by(new))) == (0, 4)
    other = contacts.create(contact=Contact(organization=school, name="Аня", owner=old), by=manager)
    contacts.merge(contact=contact, other=other, by=manager)
    assert seen_by(old) == []
