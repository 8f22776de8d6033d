"""An example for each body of the API, by the name of its schema. A test holds them against the schemas."""

from typing import Any

USER = {
    "id": 7, "email": "anna@school.example", "name": "Анна Иванова", "age": 27, "is_staff": False, "is_active": True,
    "date_joined": "2026-09-01T09:00:00Z",
}  # fmt: skip
COURSE = {
    "title": "Python с нуля", "slug": "python-s-nulya", "description": "**Первый** язык.", "price": "14900.00",
    "currency": "RUB", "capacity": 20, "starts_on": "2026-12-05", "ends_on": "2027-02-13", "status": "published",
    "requires_approval": False,
}  # fmt: skip
BRIEF = {
    "id": 1, "title": "Python с нуля", "slug": "python-s-nulya", "price": "14900.00", "currency": "RUB",
    "starts_on": "2026-12-05", "ends_on": "2027-02-13",
}  # fmt: skip
PERSON = {"id": 7, "name": "Анна Иванова"}
PAIR = {"access_token": "eyJhbGci…", "refresh_token": "eyJhbGci…", "token_type": "bearer", "expires_in": 600}
PASSWORD = "correct horse 7"  # noqa: S105 - an example
SCHOOL = {"name": "Школа «Маяк»", "slug": "mayak", "currency": "RUB", "time_zone": "Europe/Moscow"}
CLIENT = {"id": 31, "name": "Ирина Орлова"}
CONTACT = {"name": "Ирина Орлова", "email": "irina@people.example", "phone": "+79161234567", "source": "Выставка"}
STAGE = {"slug": "proposal", "name": "Предложение", "position": 2, "probability": 40}
DEAL = {"title": "Python для отдела", "amount": "149000.00", "currency": "RUB", "stage": "qualification"}
OPENED = DEAL | {
    "id": 41, "contact": CLIENT, "owner": PERSON, "course": {"id": 1, "title": "Python с нуля"}, "enrolment": None,
    "status": "new", "stage_entered_at": "2026-11-20T10:00:00Z", "lost_reason": "", "won_at": None, "lost_at": None,
    "version": 1, "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z",
}  # fmt: skip
TASK = {"title": "Отправить договор", "due_at": "2026-12-01T15:00:00Z", "status": "todo"}
SET = TASK | {
    "id": 51, "assignee": PERSON, "created_by": PERSON, "deal": {"id": 41, "title": "Python для отдела"},
    "contact": CLIENT, "overdue": False, "done_at": None, "created_at": "2026-11-20T10:00:00Z",
}  # fmt: skip
CALL = {"kind": "call", "text": "Ждут договор", "happened_at": "2026-11-20T09:30:00Z", "minutes": 12}
REVIEW = {"text": "Понятно и по делу 🙂", "rating": 5}
DEALS = {
    "total": 40, "new": 6, "in_progress": 10, "won": 15, "lost": 9, "closed": 12, "win_rate": 0.625,
    "pipeline_amount": "238400.00", "won_amount": "223500.00", "weighted_amount": "95360.00", "currency": "RUB",
}  # fmt: skip
TASKS = {"total": 20, "todo": 5, "in_progress": 3, "done": 12, "overdue": 2, "due_today": 1, "completion_rate": 0.6}
CONTACTS = {"total": 128, "new_30d": 17}
ACTIVITIES = {"total": 96, "calls": 41, "emails": 30, "meetings": 5, "notes": 20}
COMPUTED = {"computed_at": "2026-11-21T10:00:00Z"}

EXAMPLES: dict[str, Any] = {
    "User": USER,
    "PatchedUser": {"name": "Анна Петрова", "age": 28},
    "Register": USER,
    "RegisterRequest": {"email": USER["email"], "name": USER["name"], "age": 27, "password": PASSWORD},
    "LoginRequest": {"email": USER["email"], "password": PASSWORD},
    "LoggedIn": {"message": "Вы вошли.", "user": USER},
    "PasswordRequest": {"current_password": PASSWORD, "new_password": "quite another 9"},
    "TokenRequest": {"username": USER["email"], "password": PASSWORD},
    "TokenPair": PAIR,
    "RefreshRequest": {"refresh_token": PAIR["refresh_token"]},
    "PatchedUserRequest": {"name": "Анна Петрова", "age": 28},
    "Course": COURSE
    | {
        "id": 1, "organization": 1, "seats_left": 6, "rating": 4.67, "reviews": 3,
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-02T09:00:00Z",
    },
    "CourseRequest": COURSE,
    "PatchedCourseRequest": {"capacity": 25},
    "Enrolment": {
        "id": 12, "course": BRIEF, "student": PERSON, "status": "accepted", "applied_at": "2026-11-20T10:00:00Z",
        "decided_at": "2026-11-20T12:00:00Z",
    },
    "ApplyRequest": {"course_id": 1},
    "Feedback": REVIEW | {"id": 5, "author": PERSON, "course_id": 1, "created_at": "2026-11-21T10:00:00Z"},
    "FeedbackRequest": REVIEW | {"course_id": 1},
    "FeedbackChange": REVIEW | {"id": 5, "author": PERSON, "course_id": 1, "created_at": "2026-11-21T10:00:00Z"},
    "NewUser": USER,
    "NewUserRequest": {
        "email": USER["email"], "name": USER["name"], "age": 27, "password": PASSWORD, "is_active": True,
    },
    "UserChange": USER,
    "PatchedUserChangeRequest": {"is_active": False},
    "Organization": SCHOOL | {"id": 1, "created_at": "2026-09-01T09:00:00Z"},
    "OrganizationRequest": SCHOOL,
    "PatchedOrganizationRequest": {"time_zone": "Asia/Almaty"},
    "Member": {"user": PERSON, "email": USER["email"], "role": "manager"},
    "NewMemberRequest": {"email": USER["email"], "role": "manager"},
    "PatchedMemberRequest": {"role": "admin"},
    "Contact": CONTACT
    | {"id": 31, "owner": PERSON, "created_at": "2026-11-20T10:00:00Z", "updated_at": "2026-11-20T10:00:00Z"},
    "ContactRequest": CONTACT | {"phone": "8 (916) 123-45-67", "owner": 7},
    "PatchedContactRequest": {"phone": "+7 916 123-45-67"},
    "MergeRequest": {"other": 32},
    "Stage": STAGE | {"id": 2},
    "StageRequest": STAGE,
    "PatchedStageRequest": {"probability": 50},
    "Deal": OPENED,
    "DealRequest": DEAL | {"contact": 31, "owner": 7, "course": 1},
    "DealChange": OPENED,
    "PatchedDealChangeRequest": {"amount": "139000.00", "owner": None},
    "MoveRequest": {"stage": "proposal"},
    "LoseRequest": {"reason": "Выбрали другую школу"},
    "Task": SET,
    "TaskRequest": TASK | {"assignee": 7, "deal": 41},
    "TaskChange": SET,
    "PatchedTaskChangeRequest": {"status": "done"},
    "Activity": CALL
    | {
        "id": 61, "author": PERSON, "contact": CLIENT, "deal": {"id": 41, "title": "Python для отдела"},
        "payload": {}, "created_at": "2026-11-20T10:00:00Z",
    },
    "LogRequest": CALL,
    "Headers": {"ua": "school-client/1.0", "lang": "ru"},
    "DealFigures": DEALS | COMPUTED,
    "TaskFigures": TASKS | COMPUTED,
    "ContactFigures": CONTACTS | COMPUTED,
    "ActivityFigures": ACTIVITIES | COMPUTED,
    "Summary": {"deals": DEALS, "tasks": TASKS, "contacts": CONTACTS, "activities": ACTIVITIES} | COMPUTED,
    "Funnel": {
        "currency": "RUB",
        "stages": [
            {
                "stage": "qualification", "name": "Квалификация", "count": 40, "amount": "596000.00",
                "conversion": None, "open": 9, "open_amount": "134100.00",
            },
            {
                "stage": "proposal", "name": "Предложение", "count": 22, "amount": "327800.00",
                "conversion": 0.55, "open": 7, "open_amount": "104300.00",
            },
        ],
    }
    | COMPUTED,
    "CourseFigures": {
        "course": {"id": 1, "title": "Python с нуля"}, "applied": 4, "accepted": 12, "completed": 2, "reviews": 3,
        "rating": 4.67, "seats_left": 6, "unsold_value": "89400.00", "currency": "RUB",
    },
    "PatchedFeedbackChangeRequest": {"text": "Ещё лучше, чем казалось"},
}  # fmt: skip
