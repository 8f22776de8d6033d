"""Who sends letters, and when they stop: no request waits for a mail server, nor does the end of a process."""

import threading
from collections.abc import Iterator
from threading import Event as Signal
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction

from events import clock, letters
from events.models import Letter
from events.relay import LocalTransport, Relay
from events.tests.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["events"])

State = Letter.State


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running
        running.may_answer.set()
        wait_for_sender()


def senders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "letters"]


def wait_for_sender() -> None:
    for thread in senders():
        thread.join(5)
        assert not thread.is_alive()


def post(*keys: str) -> None:
    with transaction.atomic():
        for key in keys:
            letters.post(key=key, to="student@school.example", subject="Здравствуйте", text="Место ваше\n")


def states() -> list[str]:
    return list(Letter.objects.order_by("id").values_list("state", flat=True))


def test_a_letter_is_one_with_the_transaction_that_gives_its_reason(server: MailServer) -> None:
    with transaction.atomic():
        post("one")
        transaction.set_rollback(True)
    assert senders() == []
    post("two")
    wait_for_sender()
    assert states() == [State.SENT]
    assert len(server.accepted) == 1


def test_no_commit_waits_for_the_mail_server_and_one_thread_sends_what_comes_meanwhile(server: MailServer) -> None:
    server.may_answer.clear()
    post("one", "two")
    assert server.reached.wait(5)
    post("three")
    assert len(senders()) == 1
    assert states() == [State.SENDING, State.WAITING, State.WAITING]
    server.may_answer.set()
    wait_for_sender()
    assert states() == [State.SENT] * 3
    assert len(server.accepted) == 3
    post("four")
    wait_for_sender()
    assert len(server.accepted) == 4


def test_a_failure_of_the_sender_is_logged_and_the_next_commit_sends(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(Letter, "claim", lambda letter: 1 / 0)
    post("one")
    wait_for_sender()
    monkeypatch.undo()
    assert "ZeroDivisionError" in caplog.text
    post("two")
    wait_for_sender()
    assert len(server.accepted) == 2


def test_a_relay_that_is_told_to_stop_sends_the_letter_in_hand_and_no_other(
    server: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENTS_TRANSPORT = "local"
    post("one", "two", "three")
    stopping, was_sent = Signal(), Letter.was_sent

    def be_told(letter: Letter) -> None:
        stopping.set()
        was_sent(letter)

    monkeypatch.setattr(Letter, "was_sent", be_told)
    assert Relay(LocalTransport(), stopping).run_once()
    assert states() == [State.SENT, State.WAITING, State.WAITING]


def test_a_relay_that_runs_once_does_the_hourly_jobs_and_sends_all(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENTS_TRANSPORT = "local"
    monkeypatch.setattr(clock, "_jobs", [lambda: post("hourly")])
    Letter.objects.bulk_create(Letter(key=str(n), to="a@school.example", subject="s", text="t") for n in range(60))
    call_command("relay_events", once=True)
    assert len(mail.outbox) == 61
    assert set(states()) == {State.SENT}
