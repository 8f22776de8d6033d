"""A mail server that fails delays letters, loses none, and gets none again that it has accepted."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from events import letters
from events.models import Letter
from events.smtp import EmailBackend
from events.tests.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["events"])

State = Letter.State


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EVENTS_TRANSPORT = "local"  # sent when the test says so
    with mail_server(settings) as running:
        yield running


def post(key: str = "one", to: str = "student@school.example") -> bool:
    return letters.post(key=key, to=to, subject="Здравствуйте", text="Место ваше 🙂\n", html="<p>Место ваше 🙂</p>")


def hours_later() -> None:
    """Whatever waits, or is being sent, has done so for long."""
    Letter.objects.update(due_at=timezone.now() - timedelta(hours=1))


def states() -> list[str]:
    return list(Letter.objects.order_by("id").values_list("state", flat=True))


def test_a_letter_is_sent_once_as_text_and_html_and_its_words_are_forgotten(server: MailServer) -> None:
    assert [post(), post()] == [True, False]
    assert [letters.send_due(), letters.send_due()] == [1, 0]
    (letter,) = server.accepted
    assert (letter["To"], letter["Subject"]) == ("student@school.example", "Здравствуйте")
    parts = [(part.get_content_type(), part.get_content().strip()) for part in letter.iter_parts()]
    assert parts == [("text/plain", "Место ваше 🙂"), ("text/html", "<p>Место ваше 🙂</p>")]
    kept = Letter.objects.get()
    assert (kept.state, kept.text, kept.html) == (State.SENT, "", "")


@pytest.mark.sweep
def test_a_server_that_is_down_delays_and_never_gives_up(server: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT, up = 1, server.port
    post("one")
    post("two")
    for _ in range(30):
        assert letters.send_due() == 0
        hours_later()
    assert {(row.state, row.attempts) for row in Letter.objects.all()} == {(State.WAITING, 0)}
    settings.EMAIL_PORT = up
    letters.send_due()
    letters.send_due()
    assert len(server.accepted) == 2


def test_while_the_server_is_down_nobody_waits_for_it_with_each_letter(server: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT, up = 1, server.port
    post("one")
    letters.send_due()
    settings.EMAIL_PORT = up
    post("two")
    assert letters.send_due() == 0
    hours_later()
    assert letters.send_due() == 2


def test_a_refused_letter_holds_up_no_other_and_is_tried_again(server: MailServer) -> None:
    server.refusals["rcpt TO:<full@school.example>"] = "452 mailbox full"
    post("one", to="full@school.example")
    post("two")
    assert letters.send_due() == 2
    assert states() == [State.WAITING, State.SENT]
    server.refusals.clear()
    hours_later()
    assert letters.send_due() == 1
    assert [letter["To"] for letter in server.accepted] == ["student@school.example", "full@school.example"]


@pytest.mark.parametrize("last_words", ["421 too much for me", ""])
def test_a_letter_at_which_the_server_hangs_up_holds_up_no_other(server: MailServer, last_words: str) -> None:
    """Nor is it in doubt: the server had not let it begin."""
    server.hangs_up_on, server.last_words = "rcpt TO:<poison@school.example>", last_words
    post("one", to="poison@school.example")
    post("two")
    post("three")
    for _ in range(3):
        letters.send_due()
        Letter.objects.update(due_at=F("due_at") - letters.OUTAGE)
    assert states() == [State.WAITING, State.SENT, State.SENT]
    assert Letter.objects.get(key="one").attempts == 1


def test_a_server_that_goes_away_at_an_address_is_not_asked_at_once_again(server: MailServer) -> None:
    server.refusals["rcpt TO:<poison@school.example>"] = "421 too much for me"
    post("one", to="poison@school.example")
    post("two")
    assert letters.send_due() == 1
    assert list(Letter.objects.order_by("id").values_list("attempts", flat=True)) == [1, 0]
    assert Letter.objects.postponed().get().key == "two"


def test_a_letter_from_a_process_whose_clock_is_ahead_stops_no_other(server: MailServer) -> None:
    post("one")
    post("two")
    Letter.objects.filter(key="two").update(due_at=timezone.now() + timedelta(seconds=30))
    assert letters.send_due() == 1
    assert states() == [State.SENT, State.WAITING]


@pytest.mark.sweep
def test_a_server_may_think_about_a_letter_for_longer_than_about_anything_else(
    server: MailServer, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 0.1
    server.may_answer.clear()
    threading.Timer(0.25, server.may_answer.set).start()
    backend = EmailBackend()
    backend.open()
    assert backend.send_messages([EmailMessage("Тема", "Текст", to=["a@school.example"])]) == 1
    assert backend.connection and backend.connection.sock  # noqa: PT018 - for the types
    assert backend.connection.sock.gettimeout() == 0.1
    backend.close()


@pytest.mark.sweep
def test_a_letter_that_is_always_refused_is_given_up_and_kept(server: MailServer) -> None:
    server.mood = "refuses"
    post()
    for _ in range(Letter.ATTEMPTS + 3):
        letters.send_due()
        hours_later()
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts) == (State.REFUSED, Letter.ATTEMPTS)
    assert "451" in letter.error
    assert letter.text == "Место ваше 🙂\n"
    assert server.accepted == []


def test_a_server_that_hangs_up_before_the_letter_gets_it_later(server: MailServer) -> None:
    server.mood = "silent"
    post()
    letters.send_due()
    assert states() == [State.WAITING]
    server.mood = ""
    hours_later()
    letters.send_due()
    assert len(server.accepted) == 1


def test_a_letter_that_was_accepted_without_an_answer_is_not_sent_again(server: MailServer) -> None:
    server.mood = "accepts and hangs up"
    post()
    letters.send_due()
    server.mood = ""
    hours_later()
    letters.send_due()
    assert states() == [State.IN_DOUBT]
    assert len(server.accepted) == 1


class Dies(BaseException):
    """What no handler catches, like the end of a process."""


@pytest.mark.parametrize("accepted", [True, False])
def test_whoever_dies_between_the_marks_leaves_a_letter_in_doubt(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, accepted: bool
) -> None:
    def die(*args: Any) -> None:
        raise Dies

    monkeypatch.setattr(Letter, "was_sent", die) if accepted else monkeypatch.setattr(letters, "_message", die)
    post()
    with pytest.raises(Dies):
        letters.send_due()
    monkeypatch.undo()
    assert letters.send_due() == 0
    assert states() == [State.SENDING]
    hours_later()
    letters.send_due()
    assert states() == [State.IN_DOUBT]
    assert len(server.accepted) == int(accepted)


def test_two_senders_share_the_work_and_neither_sends_what_the_other_has(server: MailServer) -> None:
    post()
    first, second = Letter.objects.get(), Letter.objects.get()
    assert [first.claim(), second.claim()] == [True, False]


def test_a_template_makes_subject_text_and_html_in_the_language_of_the_person(server: MailServer) -> None:
    person, course = {"name": "O'Hara <b>"}, {"title": "Tom & Jerry", "starts_on": None}
    told: dict[str, Any] = {"template": "enrolments/mail/rejected.txt", "person": person, "course": course}
    letters.write(key="en", to="a@school.example", language="en", **told)
    letter = Letter.objects.get()
    assert letter.subject == "Your application for “Tom & Jerry”"
    assert letter.text.startswith("Hello O'Hara <b>,\n\nwe are sorry")
    assert "Hello O&#x27;Hara &lt;b&gt;,</p>" in letter.html
    assert '<html lang="en">' in letter.html
    assert not letters.write(key="en", to="a@school.example", language="en", **told)
    assert django_settings.LANGUAGE_CODE == "ru"
