"""An organisation's pipeline."""

import pytest

from accounts.factories import UserFactory
from accounts.models import Organization
from accounts.services import create_organization, delete_organization
from sales.factories import DealFactory
from sales.models import Stage
from sales.services import stages
from sales.services.stages import LastStage, SlugTaken, StageInUse


def test_a_new_organisation_begins_with_four_stages(db: None) -> None:
    school = create_organization(organization=Organization(name="Новая"), by=UserFactory())
    found = Stage.objects.of(school.pk).values_list("slug", "name", "probability")
    assert list(found) == [
        ("qualification", "Квалификация", 10), ("proposal", "Предложение", 40),
        ("negotiation", "Переговоры", 70), ("closed", "Завершение", 100),
    ]  # fmt: skip
    delete_organization(organization=school)
    assert not Stage.objects.exists()


def test_a_stage_with_deals_and_the_last_one_stay(school: Organization) -> None:
    deal = DealFactory(organization=school)
    with pytest.raises(StageInUse):
        stages.delete(stage=deal.stage)
    deal.delete()
    *others, last = Stage.objects.of(school.pk)
    for stage in others:
        stages.delete(stage=stage)
    with pytest.raises(LastStage):
        stages.delete(stage=last)
    assert list(Stage.objects.of(school.pk)) == [last]


def test_a_slug_stands_once_in_a_pipeline(school: Organization) -> None:
    with pytest.raises(SlugTaken):
        stages.create(stage=Stage(organization=school, slug="proposal", name="Ещё одно", position=9, probability=5))
    with pytest.raises(SlugTaken):
        stages.update(stage=Stage.objects.of(school.pk)[0], slug="proposal")
