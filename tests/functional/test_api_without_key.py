# SPDX-License-Identifier: Apache-2.0
"""An API without database has no key either: it gets stored secrets encrypted, and works nevertheless."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import context
from ironic_lite.conf import CONF
from ironic_lite.db import engine, models
from ironic_lite.db.encryption import keyring
from tests.functional.deployment import WITHOUT_DATABASE, Deployment

KEYLESS = {**WITHOUT_DATABASE, "encryption": {"key_file": None}}


@pytest.fixture
def inside(mariadb_url: str) -> Iterator[Callable[[Deployment], None]]:
    """``inside(cloud)``: this process reads the database as one of the cloud's conductors does."""
    CONF([], project="ironic-lite", default_config_files=[])

    def enter(cloud: Deployment) -> None:
        engine.dispose()
        CONF.set_override("connection", mariadb_url, group="database")
        CONF.set_override("key_file", f"{cloud.directory}/ironic-lite.key", group="encryption")

    yield enter
    engine.dispose()
    CONF.clear_override("connection", group="database")
    CONF.clear_override("key_file", group="encryption")


def test_an_api_without_key(
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
    inside: Callable[[Deployment], None],
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    policy = cloud.directory / "policy.yaml"
    cloud.start_api(KEYLESS)
    cloud.add_conductor("c1")
    node = cloud.create_node(
        driver="fake-hardware", driver_info={"a_password": "one", "b_password": "two", "plain": 1}
    )
    inside(cloud)

    def stored() -> dict[str, Any]:
        info: dict[str, Any] = objects.Node.get(context.admin_context(), node).driver_info
        return info

    assert cloud.node(node)["driver_info"] == {
        "a_password": "******",
        "b_password": "******",
        "plain": 1,
    }
    _patch(cloud, node, "/driver_info/plain", 2)
    assert stored() == {"a_password": "one", "b_password": "two", "plain": 2}
    _patch(cloud, node, "/driver_info/a_password", "new")
    shown = cloud.node(node)["driver_info"]
    _patch(cloud, node, "/driver_info", {**shown, "plain": 3})
    assert stored() == {"a_password": "new", "b_password": "two", "plain": 3}
    # A text that looks like an encrypted value is a text, also when it comes by RPC.
    token = objects.Node.get(context.admin_context(), node).sent("driver_info")["b_password"]
    _patch(cloud, node, "/driver_info/plain", token)
    _patch(cloud, node, "/extra/copied", token)
    assert stored()["plain"] == token
    assert cloud.node(node)["extra"] == {"copied": token}
    _mend(cloud, node, stored)
    _volumes(cloud, node)
    # Those who may see secrets see them.
    policy.write_text('"show_password": "@"\n')
    assert cloud.api is not None
    cloud.api.terminate()
    cloud.api.wait(30)
    cloud.start_api({**KEYLESS, "oslo_policy": {"policy_file": str(policy)}})
    cloud.wait_for_node(node)
    assert cloud.node(node)["driver_info"] == stored()
    (listed,) = cloud.call("GET", "/v1/nodes/detail")["nodes"]
    assert listed["driver_info"] == stored()
    (listed,) = cloud.call("GET", "/v1/nodes?fields=driver_info")["nodes"]
    assert listed["driver_info"] == stored()
    assert not list((cloud.directory / "api.state").glob("*.key"))


def _patch(cloud: Deployment, node: str, path: str, value: Any) -> Any:
    return cloud.call("PATCH", f"/v1/nodes/{node}", [{"op": "add", "path": path, "value": value}])


def _mend(cloud: Deployment, node: str, stored: Callable[[], dict[str, Any]]) -> None:
    """Somebody has damaged one of the values in the database."""
    column = models.NODES.c.driver_info
    with engine.writer() as connection:
        text = connection.execute(sa.select(sa.type_coerce(column, sa.Text))).scalar_one()
        first = text.index("$sealed:")
        damaged = text[:first] + text[first:].replace('"', 'A"', 1)
        connection.execute(sa.update(models.NODES).values(driver_info=sa.literal(damaged, sa.Text)))
    kept = objects.Node.get(context.admin_context(), node).sent("driver_info")
    assert cloud.node(node)["driver_info"]["a_password"] == "******"
    patch = [{"op": "add", "path": "/driver_info/plain", "value": 9}]
    refused = cloud.request("PATCH", f"/v1/nodes/{node}", patch)
    assert refused.status_code == 409
    assert "driver_info/a_password cannot be decrypted" in refused.text
    assert objects.Node.get(context.admin_context(), node).sent("driver_info") == kept
    _patch(cloud, node, "/extra/other", 1)
    _patch(cloud, node, "/driver_info/a_password", "mended")
    assert stored()["a_password"] == "mended"
    assert stored()["b_password"] == "two"


def _volumes(cloud: Deployment, node: str) -> None:
    target = {
        "node_uuid": node,
        "volume_type": "iscsi",
        "volume_id": "v",
        "boot_index": 0,
        "properties": {"auth_password": "chap", "lun": 1},
    }
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_power_state(node, "power off")
    uuid = cloud.call("POST", "/v1/volume/targets", target)["uuid"]
    change = [{"op": "replace", "path": "/properties/lun", "value": 2}]
    shown = cloud.call("PATCH", f"/v1/volume/targets/{uuid}", change)
    assert shown["properties"] == {"auth_password": "******", "lun": 2}
    kept = objects.VolumeTarget.get(context.admin_context(), uuid)
    assert kept.properties == {"auth_password": "chap", "lun": 2}
    assert keyring.current().newest().number == 1
