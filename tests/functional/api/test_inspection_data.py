# SPDX-License-Identifier: Apache-2.0
"""A ramdisk sends inspection data; its MAC or BMC address, or the node's UUID, identifies the node."""

import itertools
import json
import uuid
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, wait_for

_NUMBERS = itertools.count(1)


@pytest.fixture
def waiting(limited_service: Deployment) -> dict[str, str]:
    """Create a node that waits for inspection data. The fake inspection never waits, so the test sets the state."""
    mac = "52:54:00:" + ":".join(uuid.uuid4().hex[i : i + 2] for i in (0, 2, 4))
    # With one address at two nodes, the data would belong to neither.
    bmc = f"198.18.0.{next(_NUMBERS)}"
    node = limited_service.call(
        "POST", "/v1/nodes", {"driver": "fake-hardware", "driver_info": {"ipmi_address": bmc}}
    )
    limited_service.call("POST", "/v1/ports", {"node_uuid": node["uuid"], "address": mac})
    engine = sa.create_engine(limited_service.database)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE nodes SET provision_state = 'inspect wait', target_provision_state = 'manageable' "
                "WHERE uuid = :uuid"
            ),
            {"uuid": node["uuid"]},
        )
    engine.dispose()
    return {"uuid": node["uuid"], "mac": mac, "bmc": bmc}


def _data(mac: str, **inventory: Any) -> dict[str, Any]:
    interfaces = [{"name": "eth0", "mac_address": mac.upper()}, {"mac_address": "odd"}]
    return {
        "inventory": {"interfaces": interfaces, **inventory},
        "root_disk": {"name": "sda"},
        # A packed archive of the ramdisk's logs, which nothing reads.
        "logs": "H4sI" * 1_500_000,
    }


OLD_RAMDISK = "1.1"


@pytest.mark.parametrize("way", ["mac", "bmc", "uuid"])
def test_data_finds_its_node(
    limited_service: Deployment, waiting: dict[str, str], way: str
) -> None:
    path, data = "/v1/continue_inspection", _data("52:54:00:ff:ff:ff")
    if way == "mac":
        data = _data(waiting["mac"])
    elif way == "bmc":
        data = _data("52:54:00:ff:ff:ff", bmc_address=waiting["bmc"])
    else:
        path += f"?node_uuid={waiting['uuid']}"
    answer = limited_service.request("POST", path, data)
    assert answer.status_code == 202
    # The reply is that of a lookup.
    assert answer.json()["node"]["uuid"] == waiting["uuid"]
    assert len(answer.json()["config"]["agent_token"]) >= 32

    node = f"/v1/nodes/{waiting['uuid']}"
    wait_for(
        lambda: limited_service.call("GET", node)["provision_state"] == "manageable",
        "the end of the inspection",
    )
    assert limited_service.call("GET", f"{node}/inventory") == {
        "inventory": data["inventory"],
        "plugin_data": {"root_disk": {"name": "sda"}},
    }
    # The ramdisk has sent everything.
    assert limited_service.request("POST", path, data).status_code == 404


@pytest.mark.parametrize("booted", [False, True])
def test_data_of_a_node_that_does_not_wait_yet(
    limited_service: Deployment, waiting: dict[str, str], booted: bool
) -> None:
    """The data is kept if the server was booted for this inspection."""
    engine = sa.create_engine(limited_service.database)
    with engine.begin() as connection:
        # Locked, because otherwise a conductor resumes it as an unfinished operation of a dead one.
        connection.execute(
            sa.text(
                "UPDATE nodes SET provision_state = 'inspecting', reservation = 'somebody', "
                "driver_internal_info = :internal, inspection_started_at = '2026-01-01 10:00:00.5' WHERE uuid = :uuid"
            ),
            {
                "uuid": waiting["uuid"],
                "internal": json.dumps(
                    {
                        "last_power_state_change": f"2026-01-01T{'10' if booted else '09'}:00:01.000001"
                    }
                ),
            },
        )
    for data in (_data(waiting["mac"]), _data("52:54:00:ff:ff:fd", bmc_address=waiting["bmc"])):
        answer = limited_service.request("POST", "/v1/continue_inspection", data)
        assert answer.status_code == (202 if booted else 409)
    with engine.begin() as connection:
        kept = sa.text(
            "SELECT count(*) FROM received_inventory r JOIN nodes n ON n.id = r.node_id WHERE n.uuid = :uuid"
        )
        assert connection.execute(kept, {"uuid": waiting["uuid"]}).scalar_one() == int(booted)
    engine.dispose()


def test_data_of_another_server(limited_service: Deployment, waiting: dict[str, str]) -> None:
    data = _data("52:54:00:ff:ff:fe", bmc_address="198.51.100.1")
    answer = limited_service.request("POST", "/v1/continue_inspection", data)
    assert answer.status_code == 404
    assert waiting["uuid"] not in answer.text


def test_a_ramdisk_that_names_no_version(
    limited_service: Deployment, waiting: dict[str, str]
) -> None:
    data = _data(waiting["mac"])
    answer = limited_service.request("POST", "/v1/continue_inspection", data, OLD_RAMDISK)
    assert (answer.status_code, answer.json()) == (202, {"uuid": waiting["uuid"]})
    path = f"/v1/continue_inspection?node_uuid={waiting['uuid']}"
    assert limited_service.request("POST", path, data, OLD_RAMDISK).status_code == 404


def test_data_of_a_node_under_the_uuid_of_another(
    limited_service: Deployment, waiting: dict[str, str]
) -> None:
    other = limited_service.call("POST", "/v1/nodes", {"driver": "fake-hardware"})["uuid"]
    mac = "52:54:00:" + waiting["mac"][9:-2] + "fd"
    limited_service.call("POST", "/v1/ports", {"node_uuid": other, "address": mac})
    path = f"/v1/continue_inspection?node_uuid={waiting['uuid']}"
    assert limited_service.request("POST", path, _data(mac)).status_code == 404


def test_an_inventory_that_is_too_large(
    limited_service: Deployment, waiting: dict[str, str]
) -> None:
    data = _data(waiting["mac"], padding="x" * 5_000_000)
    answer = limited_service.request("POST", "/v1/continue_inspection", data)
    assert answer.status_code == 413
    assert "without logs" in answer.text
    _ended(limited_service, waiting["uuid"], "inspect failed")


def _post(service: Deployment, body: bytes, query: str = "") -> requests.Response:
    return requests.post(
        f"{service.api_url}/v1/continue_inspection{query}",
        data=body,
        headers={"X-OpenStack-Ironic-API-Version": "latest"},
        timeout=PATIENCE,
    )


def _ended(service: Deployment, node: str, state: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        shown = service.node(node)
        return shown if shown["provision_state"] == state else None

    shown: dict[str, Any] = wait_for(there, f"the node to be in {state}")
    return shown


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ('"hostname": "\\ud800x"', {"hostname": "\ufffdx"}),
        ('"cpu": {"frequency": NaN, "count": "4"}', {"cpu": {"frequency": None, "count": 4}}),
        ('"disks": [{"size": 1e400}, {"size": "7"}]', {"disks": [{}, {"size": 7}]}),
        ('"disks": null, "memory": [], "boot": "uefi", "bmc_address": 5', {}),
        ('"hostname": "a\tb\xae"', {"hostname": "a\tb\ufffd"}),
        ('"n": 98765432109876543210', {"n": 98765432109876543210}),
    ],
)
@pytest.mark.parametrize("mark", ["", "\xef\xbb\xbf"])
def test_an_odd_inventory_is_cleaned(
    limited_service: Deployment, waiting: dict[str, str], part: str, kept: Any, mark: str
) -> None:
    nics = (
        f'[{{"name": "eth0", "mac_address": "{waiting["mac"]}"}}, '
        '{"name": "eth1", "mac_address": null}, {}, null]'
    )
    body = f'{mark}{{"inventory": {{"interfaces": {nics}, {part}}}}}'.encode("latin-1")
    answer = _post(limited_service, body)
    assert answer.status_code == 202, answer.text
    _ended(limited_service, waiting["uuid"], "manageable")
    shown = limited_service.call("GET", f"/v1/nodes/{waiting['uuid']}/inventory")["inventory"]
    assert shown == {"interfaces": [{"name": "eth0", "mac_address": waiting["mac"]}], **kept}


@pytest.mark.parametrize("way", ["mac", "bmc", "uuid"])
@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("", "not valid JSON"),
        (', "deep": ' + "[" * 50 + "]" * 50 + "}}", "nested too deeply"),
        (', "wide": [' + "{}," * 250_000 + "{}]}}", "more than 200000 values"),
        (', "interfaces": []}}', "should be non-empty"),
        (', "interfaces": null}}', "is not of type"),
        (', "padding": "' + "x" * 5_000_000 + '"}}', "without logs"),
    ],
    ids=["cut", "deep", "wide", "none", "null", "large"],
)
def test_what_cannot_be_used_fails_the_inspection_at_once(
    limited_service: Deployment, waiting: dict[str, str], way: str, rest: str, reason: str
) -> None:
    told = {"mac": waiting["mac"], "bmc": "52:54:00:ff:ff:f1", "uuid": "52:54:00:ff:ff:f2"}[way]
    bmc = waiting["bmc"] if way == "bmc" else "198.51.100.9"
    body = f'{{"inventory": {{"bmc_address": "{bmc}", "interfaces": [{{"mac_address": "{told}"}}]{rest}'
    query = f"?node_uuid={waiting['uuid']}" if way == "uuid" else ""
    answer = _post(limited_service, body.encode(), query)
    assert answer.status_code in (400, 413), answer.text
    assert reason in answer.text
    shown = _ended(limited_service, waiting["uuid"], "inspect failed")
    assert "what the ramdisk has sent cannot be used" in shown["last_error"]
    assert reason in shown["last_error"]


def test_what_cannot_be_used_and_is_nobodys(
    limited_service: Deployment, waiting: dict[str, str]
) -> None:
    assert _post(limited_service, b'{"inventory": {').status_code == 400
    body = b'{"inventory": {"interfaces": [{"mac_address": "52:54:00:ff:ff:f3"}]'
    assert _post(limited_service, body).status_code == 400
    assert limited_service.node(waiting["uuid"])["provision_state"] == "inspect wait"
