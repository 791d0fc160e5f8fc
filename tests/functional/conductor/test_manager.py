# SPDX-License-Identifier: Apache-2.0
"""The conductor's RPC surface, as the API calls it."""

import uuid

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.service import RPCService
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.functional.conductor.conftest import Cloud
from tests.waiting import wait_for


def wait_for_state(cloud: Cloud, node: Node, state: str) -> Node:
    return wait_for(
        lambda: (
            found
            if (found := cloud.node(node)).provision_state == state and not found.reservation
            else None
        ),
        f"state {state}",
        describe=lambda: (cloud.node(node).provision_state, cloud.node(node).last_error),
    )


def test_a_new_node_gets_default_interfaces(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    assert node.power_interface == "fake"
    assert node.network_interface == "noop"
    assert cloud.node(node).boot_interface == node.boot_interface


def test_a_node_of_an_unserved_type_finds_no_host(cloud: Cloud, conductor: RPCService) -> None:
    with pytest.raises(exception.NoValidHost, match="serves the hardware type 'absent'"):
        cloud.create_node(driver="absent")


def test_an_unfit_interface_is_refused(cloud: Cloud, conductor: RPCService) -> None:
    with pytest.raises(exception.InterfaceNotFoundInEntrypoint, match="absent"):
        cloud.create_node(power_interface="absent")


def test_update_writes_changes_only(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(name="a")
    first, second = cloud.node(node), cloud.node(node)
    first.name = "b"
    second.description = "text"
    cloud.of(node).update_node(cloud.context, first)
    cloud.of(node).update_node(cloud.context, second)
    assert (cloud.node(node).name, cloud.node(node).description) == ("b", "text")


@pytest.mark.parametrize(
    ("state", "field", "value", "allowed"),
    [
        ("active", "power_interface", "ipmitool", False),
        ("available", "boot_interface", "ipxe", True),
        ("active", "resource_class", "other", False),
        ("available", "resource_class", "other", True),
        ("available", "retired", True, False),
        ("active", "retired", True, True),
    ],
)
def test_what_may_change_in_which_state(
    cloud: Cloud, conductor: RPCService, state: str, field: str, value: object, allowed: bool
) -> None:
    node = cloud.node(cloud.create_node(provision_state=state, resource_class="one"))
    setattr(node, field, value)
    if allowed:
        cloud.of(node).update_node(cloud.context, node)
        assert getattr(cloud.node(node), field) == value
        return
    with pytest.raises(exception.InvalidState) as caught:
        cloud.of(node).update_node(cloud.context, node)
    assert caught.value.code == 409
    assert getattr(cloud.node(node), field) != value


def test_a_second_instance_is_refused(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.node(cloud.create_node(instance_uuid=str(uuid.uuid4())))
    node.instance_uuid = str(uuid.uuid4())
    with pytest.raises(exception.NodeAssociated):
        cloud.of(node).update_node(cloud.context, node)


def test_leaving_maintenance_clears_the_fault(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.node(
        cloud.create_node(maintenance=True, fault="power failure", maintenance_reason="r")
    )
    node.maintenance = False
    changed = cloud.of(node).update_node(cloud.context, node)
    assert (changed.maintenance, changed.fault, changed.maintenance_reason) == (False, None, None)


def test_deleting_needs_a_safe_state_or_maintenance(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(provision_state="active")
    with pytest.raises(exception.InvalidState, match="maintenance"):
        cloud.of(node).destroy_node(cloud.context, node.uuid)
    kept = cloud.create_node(instance_uuid=str(uuid.uuid4()))
    with pytest.raises(exception.NodeAssociated):
        cloud.of(kept).destroy_node(cloud.context, kept.uuid)
    broken = cloud.create_node(provision_state="active", maintenance=True)
    cloud.of(broken).destroy_node(cloud.context, broken.uuid)
    with pytest.raises(exception.NodeNotFound):
        cloud.node(broken)


def test_a_locked_node_answers_with_its_holder(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    held = Node.reserve(cloud.context, "somebody", node.uuid)
    with pytest.raises(exception.NodeLocked, match="somebody"):
        cloud.of(node).destroy_node(cloud.context, node.uuid)
    held.release()
    cloud.of(node).destroy_node(cloud.context, node.uuid)


def test_power_goes_on_and_is_recorded(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(provision_state="manageable")
    cloud.of(node).change_node_power_state(cloud.context, node.uuid, states.POWER_ON)
    wait_for(lambda: cloud.node(node).power_state == states.POWER_ON, "power on")
    wait_for(lambda: cloud.node(node).reservation is None, "the lock to be released")
    assert cloud.node(node).target_power_state is None


def test_verbs_are_refused_in_the_wrong_state(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    with pytest.raises(exception.InvalidStateRequested) as caught:
        cloud.of(node).provision(cloud.context, node.uuid, "provide", {})
    assert caught.value.code == 400
    assert cloud.node(node).reservation is None


def test_a_node_goes_from_enroll_to_active_and_back(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    cloud.of(node).provision(cloud.context, node.uuid, "manage", {})
    wait_for_state(cloud, node, states.MANAGEABLE)
    cloud.of(node).provision(cloud.context, node.uuid, "provide", {})
    wait_for_state(cloud, node, states.AVAILABLE)
    cloud.of(node).provision(cloud.context, node.uuid, "deploy", {})
    wait_for_state(cloud, node, states.ACTIVE)
    cloud.of(node).provision(cloud.context, node.uuid, "delete", {})
    wait_for_state(cloud, node, states.AVAILABLE)


def test_validation_names_each_interface(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(driver="ipmi")
    found = cloud.of(node).validate_driver_interfaces(cloud.context, node.uuid)
    assert found["power"]["result"] is False
    assert "ipmi_address" in found["power"]["reason"]
    assert found["raid"]["result"] is False
    assert "does not support raid" in found["raid"]["reason"]
    assert found["network"] == {"result": True, "reason": None}


def test_boot_devices(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    owner = cloud.of(node)
    assert "pxe" in owner.get_supported_boot_devices(cloud.context, node.uuid)
    owner.set_boot_device(cloud.context, node.uuid, "pxe")
    assert owner.get_boot_device(cloud.context, node.uuid)["boot_device"] == "pxe"


def test_a_full_pool_refuses_and_leaves_the_node_as_it_was(
    cloud: Cloud, conductor: RPCService
) -> None:
    node = cloud.create_node()
    workers = conductor.manager.identity.workers
    slots = [workers.claim() for _ in range(CONF.conductor.workers_pool_size)]
    with pytest.raises(exception.NoFreeConductorWorker) as caught:
        cloud.of(node).provision(cloud.context, node.uuid, "manage", {})
    assert (caught.value.code, caught.value.retry_after) == (503, 1)
    found = cloud.node(node)
    assert (found.provision_state, found.reservation) == ("enroll", None)
    for slot in slots:
        slot.give_back()
    cloud.of(node).provision(cloud.context, node.uuid, "manage", {})
    wait_for_state(cloud, node, states.MANAGEABLE)


def test_properties_of_a_driver(cloud: Cloud, conductor: RPCService) -> None:
    serving = cloud.api.serving("ipmi")
    assert "ipmi_address" in serving.get_driver_properties(cloud.context, "ipmi")
    with pytest.raises(exception.DriverNotFound):
        cloud.api.serving("absent")


def test_an_absent_conductor_is_a_temporary_failure(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    owner = cloud.of(node)
    cloud.stop(conductor)
    with pytest.raises(exception.ServiceUnavailable, match="could not be reached") as caught:
        owner.destroy_node(cloud.context, node.uuid)
    assert caught.value.code == 503


def test_nobody_serves_after_the_last_has_left(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    cloud.stop(conductor)
    cloud.api._ring.reset()
    with pytest.raises(exception.NoValidHost):
        cloud.of(node)
    assert Conductor.offline(cloud.context) == ["one"]
