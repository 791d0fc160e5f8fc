# SPDX-License-Identifier: Apache-2.0
"""Hook ``ports``: creates ports for the valid network interfaces, and deletes the ports that are not kept."""

from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook
from ironic_lite.objects.port import Port

LOG = log.getLogger(__name__)


class PortsHook(InspectionHook):
    """Reads ``[inspector] keep_ports`` and ``update_pxe_enabled``."""

    dependencies = ("validate-interfaces",)

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        seen = {nic["mac_address"]: nic for nic in plugin_data["all_interfaces"].values()}
        added = {nic["mac_address"]: nic for nic in plugin_data["valid_interfaces"].values()}
        kept = {"present": seen, "added": added}.get(CONF.inspector.keep_ports)
        there = {}
        for port in of_node(task):
            if kept is not None and port.address not in kept:
                LOG.info(
                    "Node %s: deleting port %s, because of [inspector] keep_ports",
                    task.node.uuid,
                    port.address,
                )
                port.destroy()
                continue
            there[port.address] = port
            if CONF.inspector.update_pxe_enabled and port.address in seen:
                port.pxe_enabled = seen[port.address]["pxe_enabled"]
                port.save()
        for mac, nic in added.items():
            if mac not in there:
                _create(task, mac, nic)


def of_node(task: Task) -> list[Port]:
    """Read the node's ports from the database; the task's list lacks the ports that a hook has created."""
    return list(Port.list_by_node_id(task.context, task.node.id))


def _create(task: Task, mac: str, nic: Data) -> None:
    client_id = nic.get("client_id")
    port = Port(
        task.context,
        uuid=uuidutils.generate_uuid(),
        node_id=task.node.id,
        address=mac,
        pxe_enabled=nic["pxe_enabled"],
        extra={"client-id": client_id} if client_id else {},
    )
    try:
        port.create()
    except exception.AlreadyExists:
        # Internal network adapters of BMCs have the same MAC address on every server.
        LOG.warning(
            "Node %s: no port for %s, because another node has a port with this address",
            task.node.uuid,
            mac,
        )
        return
    LOG.info("Node %s: new port %s", task.node.uuid, mac)
