# SPDX-License-Identifier: Apache-2.0
"""Many clients at the same time: nothing is lost, and no request hangs."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

WRITERS = 6
ROUNDS = 4
STEP = {"interface": "bios", "step": "factory_reset", "args": {}}


def _add_key(service: Deployment, path: str, key: str) -> None:
    """Retry after 409, which means that another request has the node locked, as clients do."""
    body = [{"op": "add", "path": f"/extra/{key}", "value": key}]

    def accepted() -> bool:
        answer = service.request("PATCH", path, body)
        assert answer.status_code in (200, 409), answer.text
        return bool(answer.ok)

    wait_for(accepted, f"PATCH {path} of {key}", timeout=60)


def _race(service: Deployment, path: str) -> dict[str, str]:
    keys = [f"w{writer}-{turn}" for turn in range(ROUNDS) for writer in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda key: _add_key(service, path, key), keys))
    extra: dict[str, str] = service.call("GET", path)["extra"]
    assert extra == {key: key for key in keys}
    return extra


def test_patches_of_a_node_lose_nothing(limited_service: Deployment) -> None:
    """Each client adds a key to the same field."""
    node = limited_service.create_node(driver="fake-hardware")
    _race(limited_service, f"/v1/nodes/{node}")


def test_patches_of_a_port_lose_nothing(limited_service: Deployment) -> None:
    node = limited_service.create_node(driver="fake-hardware")
    body = {"address": "52:54:00:fc:00:01", "node_uuid": node}
    port = limited_service.call("POST", "/v1/ports", body)["uuid"]
    _race(limited_service, f"/v1/ports/{port}")
    limited_service.call("DELETE", f"/v1/ports/{port}")


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        ("allocations", {"resource_class": "nosuch"}),
        ("chassis", {}),
        ("deploy_templates", {"name": "CUSTOM_RACE", "steps": [{**STEP, "priority": 1}]}),
        ("runbooks", {"name": "race", "steps": [{**STEP, "order": 1}]}),
    ],
)
def test_patches_of_other_records_lose_nothing(
    limited_service: Deployment, collection: str, body: dict[str, Any]
) -> None:
    record = limited_service.call("POST", f"/v1/{collection}", body)["uuid"]
    _race(limited_service, f"/v1/{collection}/{record}")
    limited_service.call("DELETE", f"/v1/{collection}/{record}")
