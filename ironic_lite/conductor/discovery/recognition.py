# SPDX-License-Identifier: Apache-2.0
"""What an inspection learns about which server a node is, and what does not fit the other nodes."""

from collections.abc import Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.conductor.discovery import facts as discovery_facts
from ironic_lite.conductor.discovery.facts import Facts
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects import server_identity
from ironic_lite.objects.server_identity import Known

LOG = log.getLogger(__name__)

SYSTEM_UUID = "system_uuid"
"""Key in the plugin data: the SMBIOS UUID that the firmware has told."""

_SUBJECT = "inspection"


def learn(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> None:
    """Store the identity of a node's server, and tell in the journals of both nodes what another node has of it.

    :raises HardwareInspectionFailure: when the server's BMC is that of another node, and not the one that this node
        names.
    """
    facts = discovery_facts.of(inventory, plugin_data.get(SYSTEM_UUID))
    others = [
        known
        for known in server_identity.alike(facts.identity, facts.macs)
        if known.node_id != task.node.id
    ]
    _check_bmc(task, facts, others)
    for known in others:
        shared = ", ".join(_shared(known, facts))
        LOG.warning("Nodes %s and %s have in common: %s", task.node.uuid, known.uuid, shared)
        for one, other in ((task.node.uuid, known.uuid), (known.uuid, task.node.uuid)):
            text = (
                f"Node {other} has the same {shared}. If both are records of one server, delete one of them; else "
                "correct what is wrong in one of them."
            )
            if one == task.node.uuid:
                journal.note(task, terms.CONFLICT, _SUBJECT, terms.ENTERED, text)
            else:
                journal.remark(task.context, known.node_id, terms.CONFLICT, _SUBJECT, text)
    server_identity.store(task.node.id, facts.identity)


def _shared(known: Known, facts: Facts) -> Iterable[str]:
    if known.macs:
        yield f"MAC address {', '.join(sorted(known.macs))}"
    for name, what in (("system_uuid", "system UUID"), ("serial", "serial number")):
        value = facts.identity[name]
        if value and known.identity[name] == value:
            yield f"{what} {value}"
    bmc = (facts.identity["bmc_address"], facts.identity["bmc_v6address"])
    same = [known.identity["bmc_address"], known.identity["bmc_v6address"]]
    if known.named or any(value and value in same for value in bmc):
        yield f"BMC address {facts.best_bmc}"
    if facts.bmc_mac and known.identity["bmc_mac"] == facts.bmc_mac:
        yield f"MAC address of the BMC {facts.bmc_mac}"


def _check_bmc(task: TaskManager, facts: Facts, others: Iterable[Known]) -> None:
    reported = {facts.identity[name] for name in ("bmc_address", "bmc_v6address")} - {None}
    own = {
        found
        for value in server_identity.bmc_addresses(task.node.driver_info)
        if (found := discovery_facts.address(value, 4) or discovery_facts.address(value, 6))
    }
    if not own or not reported or own & reported:
        return
    for known in others:
        if known.named:
            raise exception.HardwareInspectionFailure(
                f"the server's BMC has the address {' and '.join(sorted(map(str, reported)))}, which node {known.uuid} "
                f"names; this node names {' and '.join(sorted(own))}. Correct driver_info of the node with the wrong "
                "address, or the node of the port that the server booted from"
            )
