# SPDX-License-Identifier: Apache-2.0
"""Attaching, binding, unbinding and detaching VIFs: ports that belong to a tenant.

An attachment is noted on the node's port before Neutron is changed (:data:`ATTACHING`), and is complete when the note
has become :data:`placement.VIF`. After a crash in between, the next attachment, detachment or tear-down undoes it. A
detachment is noted in the same way (:data:`DETACHING`), and the next of these completes it.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.common.context import RequestContext
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import binding, client, links, placement
from ironic_lite.drivers.modules.network.client import Neutron
from ironic_lite.drivers.modules.network.client import Port as NeutronPort
from ironic_lite.drivers.modules.network.placement import Holder

LOG = log.getLogger(__name__)

ATTACHING = "attaching_vif_port_id"
"""Key in ``internal_info`` with the UUID of a VIF whose attachment has begun and not ended."""

DETACHING = "detaching_vif_port_id"
"""Key in ``internal_info`` with the UUID of a VIF whose detachment has begun and not ended."""

_PRIVILEGED = {"admin", "service"}
"""Roles that may see the ports of all projects in Neutron."""


def note(task: Task, holder: Holder, key: str, value: str | None) -> None:
    """Set or remove a key of ``internal_info``, and save it."""
    info = dict(holder.internal_info or {})
    if info.get(key) == value:
        return
    if value is None:
        info.pop(key)
    else:
        info[key] = value
    task.ensure_locked()
    holder.internal_info = info
    holder.save()


def attach(task: Task, vif: dict[str, Any], needs_link: bool, must_bind: bool) -> None:
    """Attach a VIF to a port or port group. That of a running instance is bound at once.

    :param vif: ``id``, and the client's choice: ``port_uuid`` or ``portgroup_uuid``.
    :param needs_link: whether the port's profile gets the switch port that the node's port is connected to.
    :param must_bind: whether the port has to become active.
    :raises InvalidParameterValue: when there is no such port in Neutron, or none that the client may use.
    :raises VifAlreadyAttached, VifInvalidForAttach: when it is attached already, or bound elsewhere.
    :raises NoFreePhysicalPorts: when no port is free.
    :raises NetworkError: when Neutron refuses or fails; then nothing is attached.
    """
    neutron = Neutron(task.ensure_locked)
    # First, because it changes this VIF too, if that is the one whose attachment or detachment was interrupted.
    free_interrupted(task)
    found = _visible(task, neutron, vif["id"])
    physnets = placement.physical_networks(neutron, found)
    holder = placement.choose(task, vif, physnets, needs_link)
    _check_not_elsewhere(task, neutron, found, holder)
    note(task, holder, ATTACHING, found.id)
    try:
        if task.node.provision_state == states.ACTIVE:
            bind(task, holder, found.id, needs_link)
            if must_bind:
                binding.wait(task, [found.id], brief=True)
        else:
            _reserve(task, neutron, holder, found)
    except exception.WorkCutOff:
        raise
    except Exception:
        _undo(task, holder, found.id)
        raise
    _rename(task, holder, ATTACHING, placement.VIF)


def _rename(task: Task, holder: Holder, old: str, new: str) -> None:
    """Turn one note into another, in one write."""
    info = dict(holder.internal_info)
    info[new] = info.pop(old)
    task.ensure_locked()
    holder.internal_info = info
    holder.save()


def _visible(task: Task, neutron: Neutron, vif_id: str) -> NeutronPort:
    """Return the port, if the client could see it in Neutron."""
    found = neutron.port(vif_id)
    if found is None or not _may_see(task.context, neutron, found):
        raise exception.InvalidParameterValue(err=f"Neutron port {vif_id} was not found.")
    return found


def _may_see(context: RequestContext, neutron: Neutron, found: NeutronPort) -> bool:
    """Return whether the client's project owns the port or its network."""
    project = context.project_id
    if not project or context.system_scope or _PRIVILEGED.intersection(context.roles):
        return True
    if project == found.project_id:
        return True
    network = neutron.network(found.network_id)
    return network is not None and project == network.project_id


def _check_not_elsewhere(task: Task, neutron: Neutron, found: NeutronPort, holder: Holder) -> None:
    if found.is_bound and found.host not in (task.node.uuid, links.host(task, holder)):
        raise exception.VifInvalidForAttach(
            vif=found.id,
            node=task.node.uuid,
            reason=f"it is bound to host {found.host}. Detach it there, or unbind it (openstack port unset --host "
            f"{found.id}).",
        )
    if holder.address and holder.address != found.mac:
        others = neutron.ports(network_id=found.network_id, mac_address=holder.address)
        if others:
            raise exception.VifInvalidForAttach(
                vif=found.id,
                node=task.node.uuid,
                reason=f"port {others[0].id} in the same network has the MAC address {holder.address} already. Delete "
                "it, or use it instead.",
            )


def _reserve(task: Task, neutron: Neutron, holder: Holder, found: NeutronPort) -> None:
    """Give a VIF the MAC address of its node's port, and a host, for which Neutron may choose its IP address."""
    _move(neutron, found, holder.address)
    wanted = {
        "binding:vnic_type": client.BAREMETAL,
        "binding:host_id": task.node.uuid,
        "binding:profile": {},
    }
    _existing(neutron.update_port(found.id, **wanted), found.id)


def _move(neutron: Neutron, found: NeutronPort, address: str | None) -> None:
    """Set the MAC address of a VIF, which must not be bound then."""
    if found.host and (found.profile or (address and address != found.mac)):
        _existing(
            neutron.update_port(found.id, **{"binding:host_id": "", "binding:profile": {}}),
            found.id,
        )
    if address and address != found.mac:
        _existing(neutron.update_port(found.id, mac_address=address), found.id)


def _existing(found: NeutronPort | None, vif_id: str) -> NeutronPort:
    if found is None:
        raise exception.NetworkError(
            f"VIF {vif_id} no longer exists in Neutron. Detach it from the node, then attach another port."
        )
    return found


def bind(task: Task, holder: Holder, vif_id: str, needs_link: bool) -> None:
    """Bind a VIF to its port or port group. One that is bound so already is left alone.

    :param needs_link: whether the port's profile gets the switch port that the node's port is connected to.
    :raises NetworkError: when Neutron refuses, or no longer has the port.
    """
    neutron = Neutron(task.ensure_locked)
    found = _existing(neutron.port(vif_id), vif_id)
    smart = links.is_smart_nic(holder)
    wanted: dict[str, Any] = {
        "binding:vnic_type": client.SMART_NIC if smart else client.BAREMETAL,
        "binding:host_id": links.host(task, holder),
    }
    if needs_link:
        wanted["binding:profile"] = links.profile(task, holder)
    if _is_so(found, wanted, holder.address):
        return
    if holder.address and holder.address != found.mac:
        _move(neutron, found, holder.address)
    options = links.dhcp_options(holder)
    if options:
        wanted["extra_dhcp_opts"] = options
    _existing(neutron.update_port(vif_id, **wanted), vif_id)


def _is_so(found: NeutronPort, wanted: dict[str, Any], address: str | None) -> bool:
    return (
        found.vif_type != client.BINDING_FAILED
        and found.host == wanted["binding:host_id"]
        and found.vnic_type == wanted["binding:vnic_type"]
        and found.profile == wanted.get("binding:profile", found.profile)
        and address in (None, found.mac)
    )


def unbind(task: Task, holder: Holder, vif_id: str) -> None:
    """Unbind a VIF from its port, and give it a MAC address of its own again. A port that is gone is no error.

    :raises NetworkError: when Neutron refuses.
    """
    neutron = Neutron(task.ensure_locked)
    found = neutron.port(vif_id)
    if found is None:
        LOG.info("Node %s: VIF %s is gone from Neutron", task.node.uuid, vif_id)
        return
    if found.is_bound and found.host not in (task.node.uuid, links.host(task, holder)):
        LOG.warning(
            "Node %s: VIF %s is bound to host %s by now, and is left alone",
            task.node.uuid,
            vif_id,
            found.host,
        )
        return
    if found.host or found.profile:
        neutron.update_port(vif_id, **{"binding:host_id": "", "binding:profile": {}})
    if holder.address and found.mac == holder.address:
        # Neutron chooses a new one; a port that is still bound would keep the old one.
        neutron.update_port(vif_id, mac_address=None)


def readdress(task: Task, holder: Holder, vif_id: str, needs_link: bool) -> None:
    """Give a VIF the new MAC address of its port or port group. It is unbound for a moment.

    A VIF of a running instance is bound afterwards, also if this was interrupted before.

    :param needs_link: whether Neutron is told about the cable.
    :raises NetworkError: when Neutron refuses, or no longer has the port.
    """
    neutron = Neutron(task.ensure_locked)
    found = _existing(neutron.port(vif_id), vif_id)
    if holder.address and holder.address != found.mac:
        _move(neutron, found, holder.address)
        if found.host:
            binding_before = {"binding:host_id": found.host, "binding:profile": dict(found.profile)}
            _existing(neutron.update_port(vif_id, **binding_before), vif_id)
    if not found.host and task.node.provision_state == states.ACTIVE:
        bind(task, holder, vif_id, needs_link)


def set_client_id(task: Task, holder: Holder, vif_id: str) -> None:
    """Set the DHCP client identifier of a VIF to that of its port, or remove it.

    :raises NetworkError: when Neutron refuses, or no longer has the port.
    """
    options = links.dhcp_options(holder) or [{"opt_name": links.CLIENT_ID, "opt_value": None}]
    neutron = Neutron(task.ensure_locked)
    _existing(neutron.update_port(vif_id, extra_dhcp_opts=options), vif_id)


def detach(task: Task, vif_id: str) -> None:
    """Unbind a VIF, and detach it. One whose detachment was interrupted is detached then.

    :raises VifNotAttached: when it is not attached to the node.
    :raises NetworkError: when Neutron refuses; the VIF stays attached.
    """
    if vif_id in free_interrupted(task):
        return
    holder = placement.holder_of(task, vif_id)
    if holder is None:
        raise exception.VifNotAttached(vif=vif_id, node=task.node.uuid)
    _rename(task, holder, placement.VIF, DETACHING)
    try:
        unbind(task, holder, vif_id)
    except exception.WorkCutOff:
        raise
    except Exception:
        _rename(task, holder, DETACHING, placement.VIF)
        raise
    note(task, holder, DETACHING, None)


def free_interrupted(task: Task) -> list[str]:
    """Undo attachments and complete detachments whose conductor was killed.

    Returns the VIFs that are detached now.

    :raises NetworkError: when Neutron refuses; then the notes stay.
    """
    detached = []
    for holder in placement.holders(task):
        for key in (ATTACHING, DETACHING):
            vif_id = (holder.internal_info or {}).get(key)
            if not vif_id:
                continue
            LOG.info("Node %s: freeing VIF %s (%s)", task.node.uuid, vif_id, key)
            unbind(task, holder, vif_id)
            note(task, holder, key, None)
            if key == DETACHING:
                detached.append(vif_id)
    return detached


def _undo(task: Task, holder: Holder, vif_id: str) -> None:
    """Undo an attachment that has failed, or leave the note to the next one."""
    try:
        unbind(task, holder, vif_id)
    except exception.NetworkError as exc:
        LOG.warning(
            "Node %s: the attachment of VIF %s is undone later: %s", task.node.uuid, vif_id, exc
        )
        return
    note(task, holder, ATTACHING, None)
