"""The whole schema against the whole API, as each role: no breakage, no undocumented answer. Run by `make contract`."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from accounts import tokens
from accounts.access import Role
from accounts.factories import OrganizationFactory, UserFactory, member
from courses.factories import CourseFactory
from crm.wsgi import application
from enrolments.factories import EnrolmentFactory
from feedback.factories import FeedbackFactory
from sales.factories import ActivityFactory, ContactFactory, DealFactory, TaskFactory

EXAMPLES = 10
# Every check but two. DRF reads "28" as 28 and 0 as "0", as its users expect; and what is taken, banned, somebody else's
# or the wrong password is valid by its schema all the same.
EXCLUDED = [negative_data_rejection, positive_data_acceptance]
ROLES = [*Role, "student", "visitor", "superuser"]

QUIETLY = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def load(*, edges: bool) -> schemathesis.BaseSchema:
    """The schema; with the edges of every value some fifty requests for each operation, without them ten."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", application)
    schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    schema.config.phases.coverage.enabled = edges
    return schema


schema, schema_with_edges = load(edges=False), load(edges=True)


@pytest.fixture(params=ROLES)
def headers(request: Any, db: None, settings: Any) -> dict[str, str]:
    """The credentials of somebody with the role, in a school with a row of everything."""
    settings.ACCOUNT_RATE_LIMITS = False
    school = OrganizationFactory()
    course = CourseFactory(organization=school, capacity=3)
    others: dict[str, Callable[[], Any]] = {
        "student": lambda: EnrolmentFactory(course=course).student,
        "visitor": lambda: None,
        "superuser": lambda: UserFactory(is_superuser=True, is_staff=True),
    }
    person = others[request.param]() if request.param in others else member(request.param, school)
    deal = DealFactory(organization=school, course=course, owner=person if request.param in Role.values else None)
    TaskFactory(organization=school, deal=deal, contact=deal.contact)
    ContactFactory(organization=school)
    ActivityFactory(organization=school, deal=deal, contact=deal.contact)
    FeedbackFactory(course=course, author=EnrolmentFactory(course=course, status="accepted").student)
    return {"Authorization": f"Bearer {tokens.issue(person).access}"} if person else {}


def check(case: Any, headers: dict[str, str]) -> None:
    """Call, and compare the answer with the schema. Any whole number names the first row: chance alone would find none."""
    for values in (case.path_parameters, case.headers):
        values.update({name: "1" for name, value in values.items() if str(value).isdecimal()})
    case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)


@schema.parametrize()
@QUIETLY
def test_the_api_keeps_its_contract(case: Any, headers: dict[str, str]) -> None:
    check(case, headers)


@pytest.mark.parametrize("headers", [Role.OWNER], indirect=True)
@schema_with_edges.parametrize()
@QUIETLY
def test_it_does_at_the_edges_of_every_value(case: Any, headers: dict[str, str]) -> None:
    check(case, headers)
