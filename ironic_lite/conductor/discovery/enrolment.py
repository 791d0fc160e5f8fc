# SPDX-License-Identifier: Apache-2.0
"""The data of a server that no inspection waits for: it makes a node, belongs to a discovered one, or is refused.

Anybody in the provisioning network can send such data. So it changes only nodes that were discovered and that nobody
has touched since. About all other nodes the journal tells what has come; the answer is the same for all of them.
"""

import datetime
from typing import Any

from oslo_log import log
from oslo_utils import timeutils, uuidutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import discovery, exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.agents import ramdisk_logs
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.discovery import facts as discovery_facts
from ironic_lite.conductor.discovery import names, recognition
from ironic_lite.conductor.discovery.facts import Facts
from ironic_lite.conductor.notifications import node_notifications
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.operations.flows import discover
from ironic_lite.conductor.records import node_records
from ironic_lite.conf import CONF
from ironic_lite.objects import server_identity
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_records import ReceivedInventory
from ironic_lite.objects.port import Port
from ironic_lite.objects.server_identity import Known

LOG = log.getLogger(__name__)

Context = ironic_context.RequestContext

_BMC_FIELD = "ipmi_address"
_TELL_AGAIN = datetime.timedelta(minutes=1)
"""A node's journal gets one entry in this time about data that was refused."""

AUTO_DISCOVERED = "auto_discovered"
"""Ironic's key in the plugin data of discovered servers."""


def receive(
    context: Context, inventory: dict[str, Any], plugin_data: dict[str, Any], sender: dict[str, Any]
) -> Node:
    """See ``NodeCalls.discover``."""
    facts = discovery_facts.of(inventory, sender.get("system_uuid"))
    address = discovery_facts.text(sender.get("address")) or "an unknown address"
    if not CONF.auto_discovery.enabled or not facts.macs:
        raise exception.NotFound()
    node_id = _recognise(context, facts)
    try:
        if node_id is None:
            node_id = _enrol(context, facts, address)
    except server_identity.AlreadyKnown:
        # Another conductor has enrolled it meanwhile.
        node_id = _recognise(context, facts)
    if node_id is None:
        raise exception.ServiceUnavailable(err="The server is being enrolled; retry in a moment.")
    return _hand_over(context, node_id, facts, inventory, plugin_data)


# -- known servers ---------------------------------------------------------------------------------------------------


def _recognise(context: Context, facts: Facts) -> int | None:
    """Return the id of the discovered node that the data belongs to; None when no node is like the server.

    :raises NotFound: when the data belongs to another node, or to several.
    """
    found = server_identity.alike(facts.identity, facts.macs)
    if not found:
        return None
    if len(found) == 1 and found[0].waits and not _contradicts(found[0], facts):
        return found[0].node_id
    for known in found:
        _tell(context, known, _conflict(known, found, facts))
    raise exception.NotFound()


def _contradicts(known: Known, facts: Facts) -> bool:
    """Tell whether a node's server is certainly another one."""
    for name in ("system_uuid", "serial"):
        ours, theirs = known.identity[name], facts.identity[name]
        if ours and theirs:
            return bool(ours != theirs)
    return False


def _conflict(known: Known, found: list[Known], facts: Facts) -> str | None:
    """Return what to tell the operator about data that is not the node's, or None."""
    macs = ", ".join(sorted(known.macs))
    if _contradicts(known, facts):
        if known.macs:
            return (
                f"Another server ({facts}) has the MAC address {macs} of a port of this node. If the network card was "
                "moved, delete the port here."
            )
        return (
            f"Another server ({facts}) reports the BMC address of this node. Correct the address of the one that has "
            "moved."
        )
    if len(found) > 1:
        others = ", ".join(other.uuid for other in found if other is not known)
        return (
            f"A server ({facts}) looks like this node and like {others}. Delete the node, or the port, that is there "
            "twice."
        )
    if known.waits or set(facts.macs) & known.macs:
        return None
    return (
        f"This server ({facts}) has booted from a network card that no port is for: "
        f"{facts.boot_mac or ', '.join(facts.macs[:4])}. If it belongs to the server, create a port with its address."
    )


def _tell(context: Context, known: Known, text: str | None) -> None:
    if text is None:
        return
    LOG.warning("Node %s: %s", known.uuid, text)
    journal.remark(context, known.node_id, terms.CONFLICT, "discovery", text, _TELL_AGAIN)


# -- unknown servers -------------------------------------------------------------------------------------------------


def _enrol(context: Context, facts: Facts, address: str) -> int:
    """Create the node of an unknown server; return its id.

    :raises AlreadyKnown: when a node like it was created meanwhile.
    :raises NotFound: when the server cannot be enrolled; the log says why.
    """
    driver = _driver(facts)
    limit = CONF.auto_discovery.max_waiting
    for name in names.candidates(facts):
        node = _node(context, facts, address, driver, name)
        server_identity.enrol_with(node, facts.identity, facts.nics, limit)
        node_notifications.created(node)
        try:
            node_records.create(node)
        except exception.AlreadyExists:
            continue
        except server_identity.TooManyWaiting:
            LOG.warning(
                "An unknown server is not enrolled, because %d discovered servers wait to be accepted "
                "([auto_discovery] max_waiting): %s",
                limit,
                facts,
            )
            raise exception.NotFound() from None
        LOG.info("Node %s: discovered from %s: %s", node.uuid, address, facts)
        return int(node.id)
    raise AssertionError("unreachable: the last candidate is no name")


def _driver(facts: Facts) -> str:
    served = identity.current().drivers.hardware_types
    wanted = CONF.auto_discovery.driver
    if facts.best_bmc and discovery.BMC_DRIVER in served:
        return discovery.BMC_DRIVER
    if wanted in served:
        return str(wanted)
    LOG.error(
        "An unknown server is not enrolled: %s. It reports no usable address of a BMC for the hardware type '%s', and "
        "[auto_discovery] driver is %s",
        facts,
        discovery.BMC_DRIVER,
        f"'{wanted}', which this conductor has not enabled" if wanted else "not set",
    )
    raise exception.NotFound()


def _node(context: Context, facts: Facts, address: str, driver: str, name: str | None) -> Node:
    at = timeutils.utcnow(with_timezone=True).isoformat("T", "seconds")
    scope = CONF.auto_discovery.inspection_scope
    seen = {
        "at": at,
        "address": address,
        "manufacturer": facts.manufacturer,
        "product_name": facts.product,
        "serial_number": facts.serial,
        "system_uuid": facts.system_uuid,
        "bmc_address": facts.bmc_address,
        "bmc_v6address": facts.bmc_v6address,
        "bmc_mac": facts.bmc_mac,
    }
    return Node(
        context,
        uuid=uuidutils.generate_uuid(),
        name=name,
        driver=driver,
        conductor_group="",
        provision_state=states.ENROLL,
        description=f"Discovered at {at}, {discovery.WAITS}",
        driver_info={_BMC_FIELD: facts.best_bmc} if driver == discovery.BMC_DRIVER else {},
        driver_internal_info={
            discovery.KEY: {"at": at, "from": address, "state": discovery.WAITING}
        },
        properties={"inspection_scope": scope} if scope else {},
        extra={"discovered": {key: value for key, value in seen.items() if value}},
    )


# -- the data --------------------------------------------------------------------------------------------------------


def _hand_over(
    context: Context,
    node_id: int,
    facts: Facts,
    inventory: dict[str, Any],
    plugin_data: dict[str, Any],
) -> Node:
    """Store the data, and process it on the worker pool; return the node.

    :raises NotFound: when somebody has prepared the node to be accepted.
    :raises NodeLocked: when another task has locked it; the ramdisk tries again.
    """
    with task_manager.acquire(context, node_id, purpose="discovery") as task:
        if not _is_untouched(task.node):
            raise exception.NotFound()
        _add_ports(task, facts)
        server_identity.store(node_id, facts.identity)
        ramdisk_logs.take_sent(task, plugin_data)
        received = ReceivedInventory(
            context,
            node_id=node_id,
            inventory_data=inventory,
            plugin_data={
                **plugin_data,
                AUTO_DISCOVERED: True,
                recognition.SYSTEM_UUID: facts.system_uuid,
            },
        )
        received.create()
        discover.start(task)
    return Node.get(context, node_id)


def _is_untouched(node: Node) -> bool:
    """Tell whether a discovered node waits, and nobody has set anything about its BMC."""
    if node.provision_state != states.ENROLL:
        return False
    return set(node.driver_info) <= {_BMC_FIELD}


def _add_ports(task: task_manager.TaskManager, facts: Facts) -> None:
    there = {port.address for port in task.ports}
    for nic in facts.nics:
        if nic["address"] not in there:
            port = Port(task.context, uuid=uuidutils.generate_uuid(), node_id=task.node.id, **nic)
            port.create()
            LOG.info("Node %s: new port %s", task.node.uuid, port.address)
