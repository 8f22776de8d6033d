"""A mail server over TCP that can be told how to misbehave."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

ANSWERS = {"EHLO": "250 school", "HELO": "250 school", "MAIL": "250 ok", "RCPT": "250 ok", "RSET": "250 ok"}


class Conversation(socketserver.StreamRequestHandler):
    server: "MailServer"

    def handle(self) -> None:
        if self.server.mood == "silent":
            return
        self.say("220 school")
        hangs_up = False
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT" and line == self.server.hangs_up_on:
                hangs_up = True
            if verb == "DATA" and hangs_up:
                self.say(self.server.last_words)
                return
            if verb == "DATA":
                self.say("354 go on")
                if not self.take_letter():
                    return
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say(self.server.refusals.get(line) or ANSWERS[verb])

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode() if text else b"")

    def take_letter(self) -> bool:
        """False when the connection is dropped without an answer."""
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.server.reached.set()
        self.server.may_answer.wait(5)
        if self.server.mood == "refuses":
            self.say("451 try later")
            return True
        letter = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.accepted.append(letter)
        if self.server.mood == "accepts and hangs up":
            return False
        self.say("250 accepted")
        return True


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
    mood = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.accepted: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}
        self.hangs_up_on = self.last_words = ""
        self.reached, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A server that the product's own backend sends to."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.EMAIL_BACKEND = "events.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
        server.shutdown()
