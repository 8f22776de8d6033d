"""No row of an organisation is reachable past the role table, and imports point one way."""

import ast
import inspect
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import UniqueConstraint

from accounts.access import GRANTS, ScopedQuerySet
from accounts.staff import ScopedAdmin
from crm.api import router

LAYERS = ["events", "accounts", "courses", "enrolments", "feedback", "sales", "crm"]
SHARED = {"crm.errors", "crm.pagination", "crm.parsers"}
OURS = [model for model in apps.get_models() if model._meta.app_label in LAYERS]
SCOPED = [model for model in OURS if isinstance(model._default_manager.all(), ScopedQuerySet)]


def test_a_model_with_an_organisation_is_scoped() -> None:
    owned = [model for model in OURS if any(field.name == "organization" for field in model._meta.fields)]
    assert len(owned) >= 4
    assert [model for model in owned if model not in SCOPED] == []


@pytest.mark.parametrize("model", SCOPED)
def test_each_scoped_model_is_in_the_table_and_its_admin_asks_it(model: type) -> None:
    assert f"{model._meta.app_label}.view_{model._meta.model_name}" in GRANTS  # type: ignore[attr-defined]
    assert isinstance(admin.site.get_model_admin(model), ScopedAdmin)


@pytest.mark.parametrize("viewset", [viewset for _prefix, viewset, _name in router.registry])
def test_each_viewset_starts_from_nothing_and_asks_for_user(viewset: type) -> None:
    assert viewset.queryset.query.is_empty()  # type: ignore[attr-defined]
    assert ".for_user(self.request.user" in inspect.getsource(viewset.get_queryset)  # type: ignore[attr-defined]


def test_no_rule_of_ours_is_a_constraint_that_mysql_leaves_out() -> None:
    unique = [each for model in OURS for each in model._meta.constraints if isinstance(each, UniqueConstraint)]
    assert len(unique) >= 4
    assert [each.name for each in unique if each.condition is not None] == []


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


@pytest.mark.parametrize("layer", LAYERS[:-1])
def test_imports_point_one_way(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    for path in (Path(settings.BASE_DIR) / layer).rglob("*.py"):
        if "tests" in path.parts:
            continue
        for name in imports(path):
            allowed = name.partition(".")[0] not in above or any(
                name == ok or name.startswith(f"{ok}.") for ok in SHARED
            )
            assert allowed, f"{path} imports {name}"


PLUGINS_ASK_FOR = {"browser_type_launch_args", "django_db_modify_db_settings"}


@pytest.mark.sweep
def test_every_fixture_is_used() -> None:
    defined, asked = set[str](), set[str]()
    for path in [Path(settings.BASE_DIR) / "conftest.py", *Path(settings.BASE_DIR).glob("*/tests/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                asked |= {argument.arg for argument in node.args.args}
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                if any(mark.startswith("pytest.fixture") and "autouse" not in mark for mark in marks):
                    defined.add(node.name)
    assert len(defined) > 5
    assert defined - asked - PLUGINS_ASK_FOR == set()
