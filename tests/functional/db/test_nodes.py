# SPDX-License-Identifier: Apache-2.0
"""Nodes in the database: kept as given, unique, found by filters."""

import datetime
from typing import Any

import pytest

from ironic_lite.common import exception, redaction
from ironic_lite.db import node_agents, nodes
from ironic_lite.db.ports import ports

pytestmark = pytest.mark.usefixtures("database")

UUID1 = "11111111-aaaa-4aaa-8aaa-000000000001"
UUID2 = "11111111-aaaa-4aaa-8aaa-000000000002"
EVERYTHING = {
    "driver_info": {"ipmi_password": "p\u00e4ss \U0001f511 'quoted\" \\ \x00", "n": [1, 2.5, None]},
    "extra": {"deep": {"er": [{"a": True}]}, "": ""},
    "maintenance": True,
    "secure_boot": False,
    "last_error": "line\n" * 1000,
    "inspection_started_at": datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, datetime.UTC),
}


def make(**values: Any) -> dict[str, Any]:
    return nodes.create({"driver": "ipmi", "provision_state": "enroll", **values})


def found(**filters: Any) -> set[str | None]:
    return {row["name"] for row in nodes.rows(["name"], filters=filters)}


def test_values_come_back_as_they_were_given() -> None:
    made = make(uuid=UUID1, **EVERYTHING)
    read = nodes.get(UUID1)
    assert read == made
    assert {name: nodes.nodes.guarded.plain(read, name) for name in EVERYTHING} == EVERYTHING
    assert read["conductor_group"] == "" and read["automated_clean"] is None
    assert read["network_data"] == {} and read["updated_at"] is None


def test_moments_in_other_zones_come_back_in_utc() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    given = datetime.datetime(2024, 1, 1, 5, 30, 0, 123, zone)
    read = make(inspection_started_at=given)["inspection_started_at"]
    assert read.isoformat() == "2024-01-01T00:00:00.000123+00:00"


def test_a_config_drive_of_megabytes_fits() -> None:
    drive = "x" * 3_000_000
    node = make()
    nodes.update(node["id"], {"instance_info": {"configdrive": drive}})
    read = nodes.get(node["id"])
    assert nodes.nodes.guarded.plain(read, "instance_info") == {"configdrive": drive}


def test_integers_and_texts_that_only_python_knows_are_kept() -> None:
    odd = {"surrogate": "\ud800", "max": 2**63 - 1}
    assert make(extra=odd)["extra"] == odd


def test_whatever_a_server_says_went_wrong_is_kept() -> None:
    """Bytes that are no UTF-8, NUL, and more than a column of MariaDB holds."""
    node = make()
    nodes.update(node["id"], {"last_error": "bad \udcff byte, \0, " + "long " * 20_000})
    kept = nodes.get(node["id"])["last_error"]
    assert kept.startswith("bad ? byte, \N{REPLACEMENT CHARACTER}, long")
    assert len(kept) == redaction.MAX_TEXT


def test_get_by_id_uuid_and_name() -> None:
    node = make(uuid=UUID1, name="n1")
    for ident in (node["id"], UUID1, UUID1.upper(), "n1"):
        assert nodes.get(ident)["id"] == node["id"]
    assert nodes.get_by_name("n1")["id"] == node["id"]
    for ident in (node["id"] + 1, UUID2, "N1", str(node["id"])):
        with pytest.raises(exception.NodeNotFound, match=str(ident)):
            nodes.get(ident)


def test_uuid_name_and_instance_are_unique() -> None:
    make(uuid=UUID1, name="n1", instance_uuid=UUID2)
    with pytest.raises(exception.AlreadyExists, match=UUID1):
        make(uuid=UUID1)
    with pytest.raises(exception.AlreadyExists, match="n1"):
        make(name="n1")
    with pytest.raises(exception.InstanceAssociated, match=UUID2):
        make(instance_uuid=UUID2)
    other = make(name="N1")
    with pytest.raises(exception.AlreadyExists, match="A node with name n1 already exists"):
        nodes.update(other["id"], {"name": "n1"})
    with pytest.raises(exception.InstanceAssociated):
        nodes.update(other["id"], {"instance_uuid": UUID2})
    assert nodes.get(other["id"])["name"] == "N1"


# SQLite does not limit lengths; the API does.
@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_a_value_too_long_is_refused_without_showing_it() -> None:
    node = make()
    with pytest.raises(exception.InvalidParameterValue) as caught:
        nodes.update(node["id"], {"owner": "secret" * 100})
    assert "secret" not in str(caught.value)


def test_update_writes_only_what_it_is_given() -> None:
    node = make(extra={"a": 1})
    written = nodes.update(node["id"], {"power_state": "power on"})
    read = nodes.get(node["id"])
    assert set(written) == {"power_state", "revision", "updated_at"}
    assert read == {**node, **written}
    assert "provision_updated_at" in nodes.update(node["id"], {"provision_state": "verifying"})
    with pytest.raises(exception.NodeNotFound):
        nodes.update(node["id"] + 1, {"power_state": None})


def test_destroy_takes_the_ports_along_and_ids_are_not_used_again() -> None:
    node = make()
    ports.create({"node_id": node["id"], "address": "52:54:00:00:00:01"})
    nodes.destroy(node["id"])
    assert nodes.rows() == [] and ports.rows() == []
    with pytest.raises(exception.NodeNotFound):
        nodes.destroy(node["id"])
    assert make()["id"] > node["id"]


def test_get_by_port_addresses() -> None:
    first, second = make(name="a"), make(name="b")
    for number, node in enumerate((first, first, second)):
        ports.create({"node_id": node["id"], "address": f"52:54:00:00:00:0{number}"})
    one = node_agents.get_by_port_addresses(
        ["52:54:00:00:00:00", "52:54:00:00:00:01", "00:00:00:00:00:0A"]
    )
    assert one["id"] == first["id"]
    both = ["52:54:00:00:00:00", "52:54:00:00:00:02"]
    assert node_agents.get_by_port_addresses(both, second["uuid"])["id"] == second["id"]
    for addresses in (both, ["00:00:00:00:00:09"], []):
        with pytest.raises(exception.NodeNotFound):
            node_agents.get_by_port_addresses(addresses)


def test_of_several_with_the_address_it_is_the_one_that_expects_an_agent() -> None:
    """A network adapter of management processors: server b reports its own address, and that of a's port."""
    idle, other, booting = make(name="a"), make(name="c"), make(name="b")
    shared = "52:54:00:00:00:09"
    for number, node in enumerate((idle, other, booting)):
        ports.create({"node_id": node["id"], "address": f"52:54:00:00:00:0{number}"})
    ports.create({"node_id": idle["id"], "address": shared})
    reported = ["52:54:00:00:00:02", shared]
    with pytest.raises(exception.NodeNotFound, match="several"):
        node_agents.get_by_port_addresses(reported)
    nodes.update(booting["id"], {"provision_state": "clean wait"})
    assert node_agents.get_by_port_addresses(reported)["id"] == booting["id"]
    nodes.update(idle["id"], {"provision_state": "inspect wait"})
    assert node_agents.get_by_port_addresses(reported)["id"] == booting["id"], (
        "all its ports are there"
    )
    assert node_agents.get_by_port_addresses(["52:54:00:00:00:00", shared])["id"] == idle["id"]
    nodes.update(other["id"], {"provision_state": "clean wait"})
    with pytest.raises(exception.NodeNotFound, match="several"):
        node_agents.get_by_port_addresses([*reported, "52:54:00:00:00:01"])


def test_filters() -> None:
    hour_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    make(name="a", uuid=UUID1, instance_uuid=UUID2, instance_name="vm", owner="p1", shard="s1")
    make(name="b", maintenance=True, lessee="p1", owner="p2", shard="s2", reservation="h1")
    make(name="c", parent_node=UUID1, fault="power failure", description="Rack 7, 100% ok_")
    make(name="d", driver="fake-hardware", resource_class="big", conductor_group="g")
    make(name="e", retired=True, provision_state="active", provision_updated_at=hour_ago)
    everyone = {"a", "b", "c", "d", "e"}
    assert found() == everyone
    assert (
        found(instance_uuid=UUID2) == found(associated=True) == found(instance_name="vm") == {"a"}
    )
    assert found(associated=False) == everyone - {"a"}
    assert found(maintenance=True) == {"b"} and found(maintenance=False) == everyone - {"b"}
    assert found(owner="p1") == {"a"} and found(lessee="p1") == {"b"}
    assert found(project="p1") == {"a", "b"}
    assert found(shard=["s1", "s2"]) == found(sharded=True) == {"a", "b"}
    assert found(sharded=False) == {"c", "d", "e"}
    assert found(parent_node=UUID1) == {"c"}
    assert found(include_children=False) == everyone - {"c"}
    assert found(include_children=True) == everyone
    assert found(fault="power failure") == {"c"} and found(fault=None) == everyone - {"c"}
    assert found(description_contains="rACK") == found(description_contains="100%") == {"c"}
    assert found(description_contains="ok_") == {"c"} and found(description_contains="1%0") == set()
    assert found(driver="fake-hardware", resource_class="big", conductor_group="g") == {"d"}
    assert found(retired=True) == found(provision_state="active") == {"e"}
    assert found(provision_state_in=["active", "error"]) == {"e"}
    assert found(provisioned_before=3000) == {"e"} and found(provisioned_before=4000) == set()
    assert found(reserved=True) == {"b"}
    assert found(uuid_in=[UUID1, UUID2]) == {"a"} and found(uuid_in=[]) == set()
    assert found(name="a", maintenance=True) == set()
    with pytest.raises(exception.InvalidParameterValue, match="'nosuch'"):
        found(nosuch=1)


def test_rows_have_the_columns_asked_for_and_no_secrets() -> None:
    make(name="a", extra={"k": 1})
    assert nodes.rows(["name", "extra"]) == [{"name": "a", "extra": {"k": 1}}]
    for column in ("nosuch", "reservation_token", "agent_secret_token"):
        with pytest.raises(exception.InvalidParameterValue, match=column):
            nodes.rows([column])


def test_text_moments() -> None:
    node = make()
    row = nodes.rows(["created_at", "updated_at"], text_moments=True)[0]
    assert datetime.datetime.fromisoformat(row["created_at"]) == node["created_at"]
    assert row["updated_at"] is None
