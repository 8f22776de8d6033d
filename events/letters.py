"""Letters: written in the transaction that gives the reason, sent after it, none of them twice.

A letter is marked before it is handed to the mail server and again when the server has answered. A server that cannot
be reached, or that refuses, delays it; one that goes away with a letter in hand gets the others before it gets that one
again. If the process or the connection ends between the two marks nobody knows whether the server accepted the letter:
it is then not sent again by itself but shown in the admin as in doubt, for a person to decide. So a letter that was
accepted is never repeated, and none is lost without a trace. All letters to one person about one thing have one
Message-ID, by which mail programs drop a copy.
"""

import smtplib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from events.models import Letter, describe
from events.sending import Sender
from events.smtp import InDoubtError

log = structlog.stdlib.get_logger(__name__)

OUTAGE = timedelta(seconds=30)
LONGEST_SENDING = timedelta(minutes=10)  # longer than a slow server takes for all its answers (events/smtp.py)
UNREACHABLE = (OSError, smtplib.SMTPException)
GOING_AWAY = 421


def write(*, key: str, to: str, language: str, template: str, **context: Any) -> bool:
    """Write a letter to one person in their language, unless one with this key was written; whether it was new.

    The template's first line is the subject; the rest is the text, from which the HTML is made.
    """
    if Letter.objects.filter(key=key).exists():
        return False
    with override(language):
        subject, _newline, text = render_to_string(template, context).strip().partition("\n")
    html = as_html(subject=subject, text=text.strip(), language=language)
    return post(key=key, to=to, subject=subject.strip(), text=text.strip() + "\n", html=html)


def as_html(*, subject: str, text: str, language: str) -> str:
    """The text as a page: paragraphs, and links that can be followed."""
    return render_to_string("mail/base.html", {"subject": subject, "text": text, "language": language})


def post(*, key: str, to: str, subject: str, text: str, html: str = "") -> bool:
    """Put a letter that is written already into the queue, once for its key."""
    words = {"to": to, "subject": subject[:250], "text": text, "html": html}
    _letter, is_new = Letter.objects.get_or_create(key=key, defaults=words)
    if is_new and settings.EVENTS_TRANSPORT == "inline":
        transaction.on_commit(_sender.wake, robust=True)
    return is_new


def _always() -> bool:
    return True


def send_due(may_go_on: Callable[[], bool] = _always, at_most: int = 50) -> int:
    """Send letters whose time has come; the number tried. Any number of processes may do so.

    `may_go_on` is asked before each letter.
    """
    _notice_doubt()
    if Letter.objects.postponed().exists():
        return 0  # the server did not answer a moment ago: nobody waits for it again so soon
    letters = Letter.objects.due()[:at_most]
    return _send(letters, may_go_on) if letters else 0


_sender = Sender(send_due)


def _send(letters: Iterable[Letter], may_go_on: Callable[[], bool]) -> int:
    server, tried = get_connection(), 0
    try:
        server.open()
        for letter in letters:
            if not may_go_on():
                break
            if letter.claim():
                tried += 1
                _hand_over(letter, server)
    except UNREACHABLE as error:
        log.warning("the mail server does not answer", error=describe(error))
        Letter.objects.due().update(due_at=timezone.now() + OUTAGE, error=describe(error))
    finally:
        server.close()
    return tried


def _hand_over(letter: Letter, server: BaseEmailBackend) -> None:
    """Raises one of UNREACHABLE when the server has gone away without the letter."""
    try:
        server.send_messages([_message(letter)])
    except InDoubtError as error:
        _is_in_doubt(letter, describe(error))
        raise ConnectionError(error) from error
    except Exception as error:
        letter.was_refused(describe(error))
        log.warning("letter refused", letter=letter.pk, error=letter.error, state=letter.state)
        if _went_away(error):
            raise
    else:
        letter.was_sent()


def _went_away(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code == GOING_AWAY for code, _text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == GOING_AWAY
    return isinstance(error, UNREACHABLE)


def _message(letter: Letter) -> EmailMultiAlternatives:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >")
    message_id = f"<letter-{letter.pk}-{letter.created_at:%Y%m%d%H%M%S}@{host}>"
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.to], headers={"Message-ID": message_id})
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def _notice_doubt() -> None:
    """Letters whose sender died with them in its hands."""
    for letter in Letter.objects.filter(state=Letter.State.SENDING, due_at__lt=timezone.now() - LONGEST_SENDING)[:100]:
        _is_in_doubt(letter, "The process ended while it was sending this letter.")


def _is_in_doubt(letter: Letter, error: str) -> None:
    letter.becomes(Letter.State.IN_DOUBT, error)
    log.error("nobody knows whether a letter was sent", letter=letter.pk, error=error)
