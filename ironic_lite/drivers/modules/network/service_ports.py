# SPDX-License-Identifier: Apache-2.0
"""Ports that the service makes in Neutron for its own work on a server, and removes afterwards.

Their owner, host and name say whose they are, so a port is found again even if its maker was killed before it noted the
port's UUID.
"""

import ipaddress
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import binding, client, links, networks, placement, vifs
from ironic_lite.drivers.modules.network.client import Neutron
from ironic_lite.drivers.modules.network.client import Port as NeutronPort
from ironic_lite.objects.port import Port

LOG = log.getLogger(__name__)

OWNER = "baremetal:none"


def add(task: Task, purpose: Purpose, groups: list[str], needs_link: bool, must_bind: bool) -> None:
    """Connect the node's ports to a network of the service, and remove all other ports of the service.

    A port that is connected so already is left alone. A node some of whose ports cannot be connected works with the
    others.

    :param groups: UUIDs of the security groups.
    :param needs_link: whether the port's profile gets the switch port that the node's port is connected to.
    :param must_bind: whether the ports have to become active.
    :raises InvalidParameterValue, MissingParameterValue: when the network is not set or does not exist.
    :raises NetworkError: when no port can be connected; then none is left.
    """
    network = networks.find(task, purpose)
    neutron = Neutron(task.ensure_locked)
    _check_groups(neutron, purpose, groups)
    plan = _Plan(task, purpose, network, groups, needs_link)
    ports = plan.ports()
    left = _existing(task, neutron)
    kept = {port.name: port for port in left if plan.is_satisfied_by(port)}
    _delete(task, neutron, [port for port in left if port not in kept.values()])
    made: dict[str, str] = {}
    problems: list[str] = []
    for port in ports:
        try:
            made[port.uuid] = _make(neutron, plan, port, kept)
        except exception.NetworkError as exc:
            problems.append(exc.message)
            LOG.warning("Node %s: %s", task.node.uuid, exc.message)
    try:
        if not made:
            networks.forget(network)
            raise exception.NetworkError(
                f"No port of node {task.node.uuid} can be connected to its {purpose.value} network {network}. "
                + " ".join([*dict.fromkeys(problems), *plan.refused])
            )
        if must_bind:
            binding.wait(task, made.values())
    except exception.NetworkError:
        _roll_back(task, neutron)
        raise
    for port in task.ports:
        vifs.note(task, port, purpose.key, made.get(port.uuid))


def remove(task: Task, purpose: Purpose | None = None) -> None:
    """Remove the ports of the service for a purpose, or for all. Ports that are gone already are no error.

    :raises NetworkError: when Neutron refuses.
    """
    neutron = Neutron(task.ensure_locked)
    purposes = list(Purpose) if purpose is None else [purpose]
    found = {port.id: port for port in _existing(task, neutron)}
    wanted = {
        ident
        for ident, port in found.items()
        if purpose is None or port.name.startswith(f"{purpose.value} ")
    }
    for each in purposes:
        noted = ((port.internal_info or {}).get(each.key) for port in task.ports)
        wanted |= {ident for ident in noted if ident}
    for ident in wanted:
        neutron.delete_port(ident)
    for each in purposes:
        for port in task.ports:
            vifs.note(task, port, each.key, None)


def by_node() -> dict[str, set[str]]:
    """Return ``{node UUID: UUIDs of the ports that the service has made for it}``.

    :raises NetworkError: when Neutron does not answer.
    """
    found: dict[str, set[str]] = {}
    for made in Neutron(_changes_nothing).ports(device_owner=OWNER):
        if _is_ours(made):
            found.setdefault(made.host, set()).add(made.id)
    return found


_PURPOSES = {purpose.value for purpose in Purpose}


def _is_ours(made: NeutronPort) -> bool:
    """Return whether the name is one that the service gives to ports."""
    return made.name.partition(" ")[0] in _PURPOSES


def _changes_nothing() -> None:
    raise AssertionError("Nobody has locked a node.")


def remove_strays(task: Task) -> None:
    """Remove the ports of the service that none of the node's ports knows.

    :raises NetworkError: when Neutron refuses.
    """
    neutron = Neutron(task.ensure_locked)
    noted = {
        (port.internal_info or {}).get(purpose.key) for port in task.ports for purpose in Purpose
    }
    strays = [port for port in _existing(task, neutron) if _is_ours(port) and port.id not in noted]
    _delete(task, neutron, strays)


def _existing(task: Task, neutron: Neutron) -> list[NeutronPort]:
    """Return all ports that the service has made for the node, in whatever network."""
    node = task.node
    found = neutron.ports(device_owner=OWNER, binding_host_id=node.uuid)
    if any(links.is_smart_nic(port) for port in task.ports):
        found += neutron.ports(device_owner=OWNER, device_id=_device(node))
    attached = {placement.attached(holder) for holder in placement.holders(task)}
    return [port for port in found if port.id not in attached]


def _device(node: Any) -> str:
    return str(node.instance_uuid or node.uuid)


def _delete(task: Task, neutron: Neutron, ports: list[NeutronPort]) -> None:
    for port in ports:
        LOG.info("Node %s: removing port %s (%s)", task.node.uuid, port.id, port.name)
        neutron.delete_port(port.id)


def _roll_back(task: Task, neutron: Neutron) -> None:
    """Remove what was made, for the next try; what cannot be removed is found then."""
    try:
        _delete(task, neutron, _existing(task, neutron))
    except exception.NetworkError as exc:
        LOG.warning("Node %s: ports may be left in Neutron: %s", task.node.uuid, exc.message)


def _check_groups(neutron: Neutron, purpose: Purpose, groups: list[str]) -> None:
    missing = neutron.missing_groups(groups) if groups else []
    if missing:
        raise exception.NetworkError(
            f"Neutron has no security groups {', '.join(missing)}; correct [neutron] "
            f"{purpose.value}_network_security_groups."
        )


class _Plan:
    """The ports that a node gets in a network."""

    def __init__(
        self, task: Task, purpose: Purpose, network: str, groups: list[str], needs_link: bool
    ) -> None:
        self._task = task
        self._purpose = purpose
        self._network = network
        self._groups = groups
        self._needs_link = needs_link
        self.refused: list[str] = []
        """Why ports of the node are left out, as sentences."""

    def ports(self) -> list[Port]:
        """Return the node's ports that are connected."""
        everything = CONF.neutron.add_all_ports
        wanted = [port for port in self._task.ports if port.pxe_enabled or everything]
        if not wanted:
            kind = "ports" if everything else "PXE-enabled ports"
            self.refused.append(f"The node has no {kind}.")
        found = []
        for port in wanted:
            problem = links.problem(port, self._needs_link)
            if problem is None:
                found.append(port)
            else:
                self.refused.append(f"{problem[0].upper()}{problem[1:]}.")
                LOG.warning("Node %s: %s", self._task.node.uuid, problem)
        return found

    def name(self, port: Port) -> str:
        """Return the name of the port in Neutron."""
        return f"{self._purpose.value} {port.uuid}"

    def attributes(self, port: Port) -> dict[str, Any]:
        """Return the port in Neutron, for the request that makes it."""
        smart = links.is_smart_nic(port)
        found = {
            "name": self.name(port),
            "network_id": self._network,
            "admin_state_up": True,
            "mac_address": port.address,
            "device_owner": OWNER,
            "device_id": _device(self._task.node),
            "binding:host_id": links.host(self._task, port),
            "binding:vnic_type": client.SMART_NIC if smart else client.BAREMETAL,
            "binding:profile": links.profile(self._task, port),
        }
        if self._groups:
            found["security_groups"] = self._groups
        if not port.pxe_enabled:
            found["fixed_ips"] = []
        options = links.dhcp_options(port)
        if options:
            found["extra_dhcp_opts"] = options
        return found

    def is_satisfied_by(self, found: NeutronPort) -> bool:
        """Return whether a port in Neutron is as planned."""
        port = next((p for p in self._task.ports if self.name(p) == found.name), None)
        if port is None or found.vif_type == client.BINDING_FAILED:
            return False
        wanted = self.attributes(port)
        return bool(
            found.network_id == wanted["network_id"]
            and found.mac == wanted["mac_address"]
            and found.host == wanted["binding:host_id"]
            and found.device_id == wanted["device_id"]
            and found.profile == wanted["binding:profile"]
        )


def _make(neutron: Neutron, plan: _Plan, port: Port, kept: dict[str, NeutronPort]) -> str:
    """Return the UUID of the port in Neutron."""
    made = kept.get(plan.name(port)) or _create(neutron, plan.attributes(port), port)
    if CONF.neutron.dhcpv6_stateful_address_count > len(made.addresses):
        _add_addresses(neutron, made)
    return made.id


def _create(neutron: Neutron, wanted: dict[str, Any], port: Port) -> NeutronPort:
    if links.is_smart_nic(port) and not neutron.has_living_agent(wanted["binding:host_id"]):
        raise exception.NetworkError(
            f"Neutron has no living agent on host {wanted['binding:host_id']} of the smart NIC of port {port.uuid}. "
            "Power the smart NIC on, and start its agent."
        )
    try:
        return neutron.create_port(**wanted)
    except exception.NetworkError:
        # The port exists if only the answer was lost, or if this request was sent twice.
        found = [
            each
            for each in neutron.ports(
                network_id=wanted["network_id"], mac_address=wanted["mac_address"]
            )
            if each.name == wanted["name"]
        ]
        if not found:
            raise
        return found[0]


def _add_addresses(neutron: Neutron, made: NeutronPort) -> None:
    """Reserve more addresses in a dhcpv6-stateful subnet."""
    if not made.addresses:
        return
    first = made.addresses[0]
    if ipaddress.ip_address(first["ip_address"]).version != 6:
        return
    subnet = neutron.subnet(first["subnet_id"])
    if subnet is None or subnet.ipv6_address_mode != "dhcpv6-stateful":
        return
    more = CONF.neutron.dhcpv6_stateful_address_count - len(made.addresses)
    fixed = [*made.addresses, *({"subnet_id": subnet.id} for _ in range(more))]
    neutron.update_port(made.id, fixed_ips=fixed)
