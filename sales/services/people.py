from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from crm.errors import RuleBroken


class NotAColleague(RuleBroken):
    code = "not_a_colleague"
    status = 422
    message = _("This person does not work in the organisation.")


class NotTheirOwner(NotAColleague):
    field = "owner"


class NotTheirAssignee(NotAColleague):
    field = "assignee"


def works_here(user: User | None, organization_id: int) -> bool:
    return bool(user) and Membership.objects.filter(user=user, organization=organization_id).exists()


def check_works_here(user: User | None, organization_id: int, refusal: type[NotAColleague]) -> None:
    """Work is given to members of the organisation alone. Raises `refusal`."""
    if user and not works_here(user, organization_id):
        raise refusal
