#!/usr/bin/env python3
"""The main story over HTTP, with nothing but Python's standard library.

usage: client.py [http://localhost:8000]      needs a running demo school (make run)

A visitor registers, gets tokens, finds a course by approval and applies; the course's manager accepts; the student
sees it, reviews the course, refreshes the tokens and signs out.
"""

import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

PASSWORD = "a long one " + secrets.token_hex(4)


class Refused(Exception):
    """An answer of 4xx or 5xx, with its problem+json."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem['code']}: {problem['detail']}")


class School:
    """One person's connection to the API."""

    def __init__(self, address: str) -> None:
        self.address, self.tokens = address, dict[str, Any]()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read())) from error

    def sign_in(self, email: str, password: str) -> None:
        self.tokens = self.call("POST", "/auth/token", {"email": email, "password": password})

    def refresh(self) -> None:
        self.tokens = self.call("POST", "/auth/token/refresh", {"refresh_token": self.tokens["refresh_token"]})


def expect(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def refused(student: School, answer: tuple[int, str], method: str, path: str, body: dict[str, Any]) -> None:
    try:
        student.call(method, path, body)
    except Refused as refusal:
        expect((refusal.status, refusal.problem["code"]) == answer, f"{method} {path} is refused: {refusal}")
    else:
        sys.exit(f"FAILED: {method} {path} was not refused")


def main(address: str) -> None:
    student, manager = School(address), School(address)
    email = f"reader-{secrets.token_hex(4)}@demo.example"
    student.call("POST", "/auth/register", {"email": email, "name": "A Reader", "age": 30, "password": PASSWORD})
    student.sign_in(email, PASSWORD)
    expect(student.call("GET", "/auth/me")["email"] == email, "registered and signed in")

    words = urllib.parse.urlencode({"search": "Аналитика", "has_seats": "true"})
    found = student.call("GET", f"/courses?{words}")
    course = found["results"][0]
    expect(course["requires_approval"], f"found the course «{course['title']}»")
    enrolment = student.call("POST", "/enrolments", {"course_id": course["id"]})
    expect(enrolment["status"] == "applied", "applied")
    refused(student, (400, "already_enrolled"), "POST", "/enrolments", {"course_id": course["id"]})
    review = {"course_id": course["id"], "text": "Clear and to the point", "rating": 5}
    refused(student, (409, "not_enrolled"), "POST", "/feedback", review)

    manager.sign_in("manager@demo.example", "demo-school")
    waiting = manager.call("GET", f"/enrolments?scope=organization&status=applied&course={course['id']}")["results"]
    expect(enrolment["id"] in [row["id"] for row in waiting], "the manager sees the application")
    accepted = manager.call("POST", f"/enrolments/{enrolment['id']}/accept")
    expect(accepted["status"] == "accepted", "the manager accepts")

    mine = student.call("GET", "/enrolments")["results"]
    expect([row["status"] for row in mine] == ["accepted"], "the student sees it")
    expect(student.call("POST", "/feedback", review)["rating"] == 5, "the student reviews the course")
    used = student.tokens["refresh_token"]
    student.refresh()
    expect(student.call("GET", "/auth/me")["email"] == email, "refreshed")
    refused(student, (401, "invalid_token"), "POST", "/auth/token/refresh", {"refresh_token": used})
    student.tokens = {}
    student.sign_in(email, PASSWORD)
    student.call("POST", "/auth/logout")
    refused(student, (401, "invalid_token"), "GET", "/auth/me", {})
    print("The story is told.")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000")
