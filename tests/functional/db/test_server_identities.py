# SPDX-License-Identifier: Apache-2.0
"""Which server a node is, on each database; two inventories of one server at the same time make one node."""

import threading
import uuid
from concurrent import futures
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.objects import server_identity
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port
from ironic_lite.objects.server_identity import AlreadyKnown, TooManyWaiting

pytestmark = pytest.mark.usefixtures("database")

MANY = 1000


def _identity(**known: str) -> dict[str, str | None]:
    return {**dict.fromkeys(server_identity.KEYS), **known}


def _nic(mac: str) -> dict[str, Any]:
    return {"address": mac, "pxe_enabled": True, "extra": {}}


def _enrol(
    admin: Any, identity: dict[str, Any], *macs: str, most: int = MANY, **fields: Any
) -> Node:
    node = Node(admin, uuid=str(uuid.uuid4()), driver="ipmi", provision_state="enroll", **fields)
    server_identity.enrol_with(node, identity, [_nic(mac) for mac in macs], most)
    node.create()
    return node


def test_a_node_and_all_that_belongs_to_it(admin: Any) -> None:
    identity = _identity(system_uuid=str(uuid.uuid4()), serial="Maker 1", bmc_address="192.0.2.7")
    node = _enrol(admin, identity, "52:54:00:00:00:01", "52:54:00:00:00:02")
    ports = Port.list_by_node_id(admin, node.id)
    assert [port.address for port in ports] == ["52:54:00:00:00:01", "52:54:00:00:00:02"]
    assert server_identity.waiting() == 1
    (known,) = server_identity.alike(identity, [])
    assert (known.node_id, known.identity, known.waits) == (node.id, identity, True)
    node.provision_state = "manageable"
    node.save()
    assert server_identity.waiting() == 0
    (known,) = server_identity.alike(identity, [])
    assert not known.waits
    node.destroy()
    assert server_identity.alike(identity, ["52:54:00:00:00:01"]) == []


@pytest.mark.parametrize("name", server_identity.KEYS)
def test_one_part_of_the_identity_is_enough(admin: Any, name: str) -> None:
    value = {
        "system_uuid": str(uuid.uuid4()),
        "serial": "Maker 100%_",
        "bmc_mac": "52:54:00:00:00:09",
        "bmc_address": "192.0.2.7",
        "bmc_v6address": "2001:db8::7",
    }[name]
    node = _enrol(admin, _identity(**{name: value}))
    with pytest.raises(AlreadyKnown):
        _enrol(admin, _identity(**{name: value}))
    (known,) = server_identity.alike(_identity(**{name: value}), [])
    assert known.node_id == node.id
    assert server_identity.alike(_identity(), []) == []


def test_the_bmc_of_a_node_that_somebody_has_enrolled(admin: Any) -> None:
    for address in ("192.0.2.70", "192.0.2.7"):
        node = Node(
            admin,
            uuid=str(uuid.uuid4()),
            driver="ipmi",
            driver_info={"ipmi_address": address, "note": "192.0.2.8"},
        )
        node.create()
    (known,) = server_identity.alike(_identity(bmc_address="192.0.2.7"), [])
    assert (known.node_id, known.named, known.waits) == (node.id, True, False)
    with pytest.raises(AlreadyKnown):
        _enrol(admin, _identity(bmc_address="192.0.2.7"))
    # An address in another field is none of a BMC.
    assert server_identity.alike(_identity(bmc_address="192.0.2.8"), []) == []
    # The new node's own record does not count.
    own = {"ipmi_address": "192.0.2.9"}
    _enrol(admin, _identity(bmc_address="192.0.2.9"), driver_info=own)


def test_what_an_inspection_has_learned_replaces_what_was_known(admin: Any) -> None:
    node = _enrol(admin, _identity(serial="Maker 1"))
    server_identity.store(node.id, _identity(serial="Maker 2"))
    assert server_identity.alike(_identity(serial="Maker 1"), []) == []
    (known,) = server_identity.alike(_identity(serial="Maker 2"), [])
    assert known.waits
    other = Node(admin, uuid=str(uuid.uuid4()), driver="ipmi")
    other.create()
    server_identity.store(other.id, _identity(serial="Maker 3"))
    (known,) = server_identity.alike(_identity(serial="Maker 3"), [])
    assert (known.node_id, known.waits) == (other.id, False)
    with pytest.raises(exception.NodeNotFound):
        server_identity.store(12345, _identity())


def test_a_refused_server_leaves_nothing(admin: Any) -> None:
    _enrol(admin, _identity(serial="Maker 1"), "52:54:00:00:00:01")
    with pytest.raises(TooManyWaiting):
        _enrol(admin, _identity(serial="Maker 2"), "52:54:00:00:00:02", most=1)
    with pytest.raises(AlreadyKnown):
        _enrol(admin, _identity(), "52:54:00:00:00:01", "52:54:00:00:00:03")
    assert len(Node.list(admin)) == len(Port.list(admin)) == server_identity.waiting() == 1


def _at_once(work: list[Any]) -> list[Any]:
    """Run functions in threads that start together; return their results or errors."""
    together = threading.Barrier(len(work))

    def run(function: Any) -> Any:
        together.wait()
        try:
            return function()
        except exception.IronicLiteError as exc:
            return exc

    with futures.ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_one_server_that_is_reported_several_times_at_once(admin: Any) -> None:
    for number in range(5):
        identity = _identity(serial=f"Maker {number}", bmc_address=f"192.0.2.{number}")
        # One has booted from its first card, and one from its second.
        macs = [f"52:54:00:00:0{number}:0{nic}" for nic in range(4)]
        done = _at_once([lambda mac=mac, of=identity: _enrol(admin, of, mac) for mac in macs])
        refused = [each for each in done if isinstance(each, AlreadyKnown)]
        assert len(refused) == 3, done
    assert len(Node.list(admin)) == len(Port.list(admin)) == 5


def test_no_more_wait_than_may_if_they_come_at_once(admin: Any) -> None:
    done = _at_once(
        [
            lambda number=number: _enrol(admin, _identity(serial=f"Maker {number}"), most=3)
            for number in range(6)
        ]
    )
    assert sum(isinstance(each, TooManyWaiting) for each in done) == 3, done
    assert server_identity.waiting() == 3
