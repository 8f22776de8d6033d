"""Which organisation a request of the API acts in: the header X-Organization-Id, or the caller's only one."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.models import Organization
from crm.errors import RuleBroken

HEADER = "X-Organization-Id"
ORGANIZATION_HEADER = OpenApiParameter(
    HEADER,
    int,
    OpenApiParameter.HEADER,
    description="The organisation to act in; a member of exactly one may leave it out.",
)


class OrganizationRequired(RuleBroken):
    code = "organization_required"
    status = 400
    message = _("Name the organisation in the header X-Organization-Id.")


class InvalidOrganization(RuleBroken):
    code = "invalid_organization"
    status = 400
    message = _("X-Organization-Id must be a whole number.")


class NotAMember(RuleBroken):
    code = "not_a_member"
    status = 403
    message = _("You are not a member of this organisation.")


def acting_organization(request: Request) -> Organization:
    """Raises OrganizationRequired, InvalidOrganization, NotAMember."""
    given = request.headers.get(HEADER, "").strip()
    mine = Organization.objects.for_staff(request.user, "view")
    if given:
        if not (given.isascii() and given.isdigit() and len(given) < 19):
            raise InvalidOrganization
        mine = mine.filter(pk=int(given))
    found = list(mine[:2])
    if not found:
        raise NotAMember
    if len(found) > 1:
        raise OrganizationRequired
    return found[0]
