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
    cloud.api.update_node(cloud.context, first, cloud.topic(node))
    cloud.api.update_node(cloud.context, second, cloud.topic(node))
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
        cloud.api.update_node(cloud.context, node, cloud.topic(node))
        assert getattr(cloud.node(node), field) == value
        return
    with pytest.raises(exception.InvalidState) as caught:
        cloud.api.update_node(cloud.context, node, cloud.topic(node))
    assert caught.value.code == 409
    assert getattr(cloud.node(node), field) != value


def test_a_second_instance_is_refused(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.node(cloud.create_node(instance_uuid=str(uuid.uuid4())))
    node.instance_uuid = str(uuid.uuid4())
    with pytest.raises(exception.NodeAssociated):
        cloud.api.update_node(cloud.context, node, cloud.topic(node))


def test_leaving_maintenance_clears_the_fault(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.node(
        cloud.create_node(maintenance=True, fault="power failure", maintenance_reason="r")
    )
    node.maintenance = False
    changed = cloud.api.update_node(cloud.context, node, cloud.topic(node))
    assert (changed.maintenance, changed.fault, changed.maintenance_reason) == (False, None, None)


def test_a_driver_change_can_reset_interfaces(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.node(cloud.create_node())
    node.driver = "ipmi"
    with pytest.raises(exception.InvalidParameterValue):
        cloud.api.update_node(cloud.context, node, cloud.topic(node))
    node = cloud.node(node)
    node.driver = "ipmi"
    # As an API of an older release asks; ours says which interface is to be what.
    arguments = {"node_obj": node, "reset_interfaces": True, "expected": None}
    changed = cloud.api._call(cloud.context, cloud.topic(node), "update_node", **arguments)
    assert (changed.driver, changed.deploy_interface) == ("ipmi", "direct")


def test_deleting_needs_a_safe_state_or_maintenance(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(provision_state="active")
    with pytest.raises(exception.InvalidState, match="maintenance"):
        cloud.api.destroy_node(cloud.context, node.uuid, cloud.topic(node))
    kept = cloud.create_node(instance_uuid=str(uuid.uuid4()))
    with pytest.raises(exception.NodeAssociated):
        cloud.api.destroy_node(cloud.context, kept.uuid, cloud.topic(kept))
    broken = cloud.create_node(provision_state="active", maintenance=True)
    cloud.api.destroy_node(cloud.context, broken.uuid, cloud.topic(broken))
    with pytest.raises(exception.NodeNotFound):
        cloud.node(broken)


def test_a_locked_node_answers_with_its_holder(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    held = Node.reserve(cloud.context, "somebody", node.uuid)
    with pytest.raises(exception.NodeLocked, match="somebody"):
        cloud.api.destroy_node(cloud.context, node.uuid, cloud.topic(node))
    held.release()
    cloud.api.destroy_node(cloud.context, node.uuid, cloud.topic(node))


def test_power_goes_on_and_is_recorded(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(provision_state="manageable")
    cloud.api.change_node_power_state(cloud.context, node.uuid, states.POWER_ON, cloud.topic(node))
    wait_for(lambda: cloud.node(node).power_state == states.POWER_ON, "power on")
    wait_for(lambda: cloud.node(node).reservation is None, "the lock to be released")
    assert cloud.node(node).target_power_state is None


def test_verbs_are_refused_in_the_wrong_state(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    with pytest.raises(exception.InvalidStateRequested) as caught:
        cloud.api.do_provisioning_action(cloud.context, node.uuid, "provide", cloud.topic(node))
    assert caught.value.code == 400
    assert cloud.node(node).reservation is None


def test_a_node_goes_from_enroll_to_active_and_back(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    cloud.api.do_provisioning_action(cloud.context, node.uuid, "manage", cloud.topic(node))
    wait_for_state(cloud, node, states.MANAGEABLE)
    cloud.api.do_provisioning_action(cloud.context, node.uuid, "provide", cloud.topic(node))
    wait_for_state(cloud, node, states.AVAILABLE)
    cloud.api.do_node_deploy(cloud.context, node.uuid, cloud.topic(node))
    wait_for_state(cloud, node, states.ACTIVE)
    cloud.api.do_node_tear_down(cloud.context, node.uuid, cloud.topic(node))
    wait_for_state(cloud, node, states.AVAILABLE)


def test_validation_names_each_interface(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node(driver="ipmi")
    found = cloud.api.validate_driver_interfaces(cloud.context, node.uuid, cloud.topic(node))
    assert found["power"]["result"] is False
    assert "ipmi_address" in found["power"]["reason"]
    assert found["raid"]["result"] is False
    assert "does not support raid" in found["raid"]["reason"]
    assert found["network"] == {"result": True, "reason": None}


def test_boot_devices(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    topic = cloud.topic(node)
    assert "pxe" in cloud.api.get_supported_boot_devices(cloud.context, node.uuid, topic)
    cloud.api.set_boot_device(cloud.context, node.uuid, "pxe", topic)
    assert cloud.api.get_boot_device(cloud.context, node.uuid, topic)["boot_device"] == "pxe"


def test_a_full_pool_refuses_and_leaves_the_node_as_it_was(
    cloud: Cloud, conductor: RPCService
) -> None:
    node = cloud.create_node()
    workers = conductor.manager.identity.workers
    slots = [workers.claim() for _ in range(CONF.conductor.workers_pool_size)]
    with pytest.raises(exception.NoFreeConductorWorker) as caught:
        cloud.api.do_provisioning_action(cloud.context, node.uuid, "manage", cloud.topic(node))
    assert (caught.value.code, caught.value.retry_after) == (503, 1)
    found = cloud.node(node)
    assert (found.provision_state, found.reservation) == ("enroll", None)
    for slot in slots:
        slot.give_back()
    cloud.api.do_provisioning_action(cloud.context, node.uuid, "manage", cloud.topic(node))
    wait_for_state(cloud, node, states.MANAGEABLE)


def test_properties_of_a_driver(cloud: Cloud, conductor: RPCService) -> None:
    topic = cloud.api.get_topic_for_driver("ipmi")
    assert "ipmi_address" in cloud.api.get_driver_properties(cloud.context, "ipmi", topic)
    with pytest.raises(exception.DriverNotFound):
        cloud.api.get_topic_for_driver("absent")


def test_an_absent_conductor_is_a_temporary_failure(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    topic = cloud.topic(node)
    cloud.stop(conductor)
    with pytest.raises(exception.ServiceUnavailable, match="could not be reached") as caught:
        cloud.api.destroy_node(cloud.context, node.uuid, topic)
    assert caught.value.code == 503


def test_nobody_serves_after_the_last_has_left(cloud: Cloud, conductor: RPCService) -> None:
    node = cloud.create_node()
    cloud.stop(conductor)
    cloud.api._ring.reset()
    with pytest.raises(exception.NoValidHost):
        cloud.topic(node)
    assert Conductor.offline(cloud.context) == ["one"]
