"""/stages of the API: everybody reads the pipeline, leaders shape it."""

from collections.abc import Callable
from typing import Any

from accounts.access import Role
from accounts.factories import member
from accounts.models import Organization
from sales.factories import DealFactory
from sales.models import Stage
from sales.tests.bad_values import codes, rounds

Api = Callable[..., Any]
BAD: dict[str, list[Any]] = {
    "slug": ["a b", "", None, "x" * 51, "школа"],
    "name": ["", "a\nb", "x" * 51],
    "position": [-1, 1001, "x", None],
    "probability": [101, -1, "x"],
}


def test_leaders_shape_the_pipeline(school: Organization, api: Api) -> None:
    client, sent = api(member(Role.ADMIN, school)), {"slug": "demo", "name": "Показ", "position": 2, "probability": 50}
    body = client.call("post", "/stages", 201, sent)
    path = f"/stages/{body['id']}"
    assert body == sent | {"id": body["id"]}
    assert client.call("patch", path, 200, {"name": "Урок"})["name"] == "Урок"
    slugs = [row["slug"] for row in client.call("get", "/stages", 200)["results"]]
    assert slugs == ["qualification", "proposal", "demo", "negotiation", "closed"]
    for method, address, good in (("post", "/stages", sent), ("patch", path, {})):
        for bad in rounds(BAD):
            refused = client.call(method, address, 422, good | bad)
            assert {error["field"] for error in refused["errors"]} == set(bad), bad
        assert codes(client.call(method, address, 422, good | {"slug": "proposal"})) == [("slug", "slug_taken")]
    used = Stage.objects.get(pk=DealFactory(organization=school).stage_id)
    assert client.call("delete", f"/stages/{used.pk}", 409)["code"] == "stage_in_use"
    client.call("delete", path, 204)
