"""One refresh token used by many at once."""

from functools import partial

import pytest

from accounts import tokens
from accounts.models import TokenFamily, User
from crm.tests.race.conftest import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_exactly_one_of_many_refreshes_wins_and_the_family_ends(student: User) -> None:
    token = tokens.issue(student).refresh

    def attempt(token: str) -> str:
        try:
            tokens.refresh(token)
        except tokens.InvalidToken:
            return "refused"
        return "won"

    assert sorted(at_once(*[partial(attempt, token)] * 10)) == ["refused"] * 9 + ["won"]
    assert not TokenFamily.objects.exists()
