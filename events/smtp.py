"""Django's SMTP backend, which also knows when nobody can tell whether the server has accepted a letter."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class InDoubtError(Exception):
    """The connection was lost after the letter had been handed over and before the server said whether it took it."""


class _Telling(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise InDoubtError(error) from error


class _TellingSSL(_Telling, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TellingSSL if self.use_ssl else _Telling
