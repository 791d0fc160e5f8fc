# SPDX-License-Identifier: Apache-2.0
"""Which port or port group of a node a VIF is attached to.

The candidates are free, are in a physical network of the VIF's network or in none, and have the fields that the network
interface needs. Of these, the best one is in a physical network of the VIF's network; then port groups are better than
ports, and ports that boot better than others.
"""

from collections.abc import Iterable
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import links
from ironic_lite.drivers.modules.network.client import Neutron
from ironic_lite.drivers.modules.network.client import Port as NeutronPort
from ironic_lite.objects.port import Port, Portgroup

Holder = Port | Portgroup
"""What a VIF is attached to."""

VIF = "tenant_vif_port_id"
"""Key in ``internal_info`` with the UUID of the attached VIF."""


def attached(holder: Holder) -> str | None:
    """Return the UUID of the VIF that is attached to a port or port group."""
    found = (holder.internal_info or {}).get(VIF)
    return str(found) if found else None


def holders(task: Task) -> list[Holder]:
    """Return the ports and port groups of the node."""
    return [*task.ports, *task.portgroups]


def holder_of(task: Task, vif_id: str) -> Holder | None:
    """Return the port or port group that a VIF is attached to."""
    return next((each for each in holders(task) if attached(each) == vif_id), None)


def physical_networks(neutron: Neutron, vif: NeutronPort) -> set[str]:
    """Return the physical networks in which a VIF can be connected; empty: in any.

    :raises InvalidParameterValue: when its network, or the segment of its address, does not exist.
    """
    network = _existing(neutron.network(vif.network_id), "network", vif.network_id)
    if network.segments is None:
        own = network.provider_physical_network
        return {own} if own else set()
    for address in vif.addresses:
        subnet_id = str(address.get("subnet_id"))
        segment_id = _existing(neutron.subnet(subnet_id), "subnet", subnet_id).segment_id
        if segment_id is not None:
            segment = _existing(neutron.segment(segment_id), "segment", segment_id)
            if segment.physical_network is not None:
                return {segment.physical_network}
    names = (segment.get("provider:physical_network") for segment in network.segments)
    return {name for name in names if name}


def _existing(found: Any, kind: str, ident: str) -> Any:
    if found is None:
        raise exception.InvalidParameterValue(err=f"Neutron {kind} {ident} was not found.")
    return found


def choose(task: Task, vif: dict[str, Any], physnets: set[str], needs_link: bool) -> Holder:
    """Return the port or port group for a VIF.

    :param vif: ``id``, and the client's choice: ``port_uuid`` or ``portgroup_uuid``.
    :param physnets: the VIF's physical networks; empty: any.
    :param needs_link: whether a port needs ``local_link_connection``.
    :raises VifAlreadyAttached: when the VIF is attached to the node already.
    :raises NoFreePhysicalPorts: when nothing fits; the message says why.
    :raises Conflict: when the ports of a port group are in different physical networks.
    """
    vif_id = vif["id"]
    holder = holder_of(task, vif_id)
    if holder is not None:
        raise exception.VifAlreadyAttached(
            vif=vif_id, object_type=holder.obj_name(), object_uuid=holder.uuid
        )
    candidates = _Candidates(task, physnets, needs_link)
    fitting = candidates.of(vif.get("port_uuid"), vif.get("portgroup_uuid"))
    if not fitting:
        raise exception.NoFreePhysicalPorts(vif=vif_id, reason=candidates.reason())
    return max(fitting, key=lambda each: _rank(task, each, physnets))


def _rank(task: Task, holder: Holder, physnets: set[str]) -> tuple[bool, bool, bool]:
    if isinstance(holder, Portgroup):
        return links.physical_network(task, holder) in physnets, True, True
    return holder.physical_network in physnets, False, bool(holder.pxe_enabled)


class _Candidates:
    """The ports and port groups that may take a VIF, and why the others may not."""

    def __init__(self, task: Task, physnets: set[str], needs_link: bool) -> None:
        self._task = task
        self._physnets = physnets
        self._needs_link = needs_link
        self._because: list[str] = []

    def of(self, port_uuid: str | None, group_uuid: str | None) -> list[Holder]:
        """Return the candidates; a UUID leaves only that port or port group."""
        free = [p for p in self._task.ports if port_uuid in (None, p.uuid) and self._is_free(p)]
        ports = [] if group_uuid else [p for p in free if p.portgroup_id is None or port_uuid]
        if port_uuid:
            return list(ports)
        found: list[Holder] = list(ports)
        for group in self._task.portgroups:
            if group_uuid in (None, group.uuid):
                found += self._of_group(group, free, bool(group_uuid))
        return found

    def _of_group(self, group: Portgroup, free: Iterable[Port], chosen: bool) -> list[Holder]:
        if attached(group):
            self._because.append(f"port group {group.uuid} has VIF {attached(group)}")
            return []
        usable = [port for port in free if port.portgroup_id == group.id]
        if any(attached(port) for port in links.members(self._task, group)):
            # A VIF of the whole group would conflict with that of the port.
            return [] if chosen else list(usable)
        if not usable:
            self._because.append(f"port group {group.uuid} has no port that can be used")
            return []
        return [group]

    def _is_free(self, port: Port) -> bool:
        problem = links.problem(port, self._needs_link)
        if problem is None and attached(port):
            problem = f"port {port.uuid} has VIF {attached(port)}"
        if problem is None and not self._is_reachable(port):
            problem = f"port {port.uuid} is in physical network {port.physical_network}"
        if problem is not None:
            self._because.append(problem)
        return problem is None

    def _is_reachable(self, port: Port) -> bool:
        return (
            not self._physnets
            or port.physical_network is None
            or port.physical_network in self._physnets
        )

    def reason(self) -> str:
        """Return why there is no candidate, as a sentence."""
        if not self._because:
            return "The node has no such port."
        where = f" (the VIF's are {', '.join(sorted(self._physnets))})" if self._physnets else ""
        return f"Of the node's ports, {'; '.join(self._because)}{where}."
