"""Django's SMTP backend, which also knows when nobody can tell whether the server has accepted a letter."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp

GO_ON = 354
LONGEST_ANSWER = 120.0  # RFC 5321, 4.5.3.2.6: a server may be slow to accept, and who hangs up is left in doubt


class InDoubtError(Exception):
    """The connection was lost after the letter had been handed over and before the server said whether it took it."""


class _Telling(smtplib.SMTP):
    is_handed_over = False

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        if code == GO_ON and self.sock:
            self.is_handed_over = True
            self.sock.settimeout(LONGEST_ANSWER)
        return code, text

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.is_handed_over = False
        try:
            answer = super().data(msg)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            if self.is_handed_over:
                raise InDoubtError(error) from error
            raise
        if self.sock:
            self.sock.settimeout(self.timeout)
        return answer


class _TellingSSL(_Telling, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TellingSSL if self.use_ssl else _Telling
