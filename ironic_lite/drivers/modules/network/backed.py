# SPDX-License-Identifier: Apache-2.0
"""The common part of the network interfaces that use Neutron."""

from collections.abc import Sequence
from typing import Any, ClassVar

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.network import DHCPOption, NetworkInterface, Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import (
    binding,
    dhcp,
    network_data,
    networks,
    placement,
    port_events,
    service_ports,
    vifs,
)
from ironic_lite.objects.port import Port, Portgroup

LOG = log.getLogger(__name__)


class NeutronBacked(NetworkInterface):
    """Attaches VIFs, and makes ports in the networks for cleaning and inspection."""

    moves_servers = True
    offers_boot_options = True

    tells_links: ClassVar[bool]
    """Whether the profile of each port in Neutron has the switch port of the node's port."""
    own_networks: ClassVar[frozenset[Purpose]]
    """Purposes with a network of the service; for the others, the server is in the networks of its VIFs."""

    def get_properties(self) -> dict[str, str]:
        return {
            **{
                purpose.setting: f"Name or UUID of the network in Neutron for {purpose.value}; default is [neutron] "
                f"{purpose.setting}. Optional."
                for purpose in Purpose
            },
            binding.FIELD: "Whether a port that Neutron cannot bind fails the operation. One of true, false. Optional.",
        }

    def validate(self, task: Task) -> None:
        """See the base class. Asks Neutron whether the networks exist."""
        networks.find(task, Purpose.CLEANING)
        self._must_bind(task)

    def validate_network(self, task: Task, purpose: Purpose) -> None:
        """See the base class. Asks Neutron whether the network exists."""
        if purpose not in self.own_networks:
            return
        try:
            networks.find(task, purpose)
        except exception.MissingParameterValue as exc:
            if purpose is Purpose.INSPECTION:
                raise exception.UnsupportedDriverExtension(exc.message) from exc
            raise

    def _must_bind(self, task: Task) -> bool:
        return binding.matters(task.node, False)

    # -- networks of the service ---------------------------------------------------------------------------------

    def connect(self, task: Task, purpose: Purpose) -> None:
        if purpose not in self.own_networks:
            self.configure_tenant_networks(task)
            return
        groups = CONF.neutron[f"{purpose.setting}_security_groups"] if self.tells_links else []
        service_ports.add(task, purpose, list(groups), self.tells_links, self._must_bind(task))

    def disconnect(self, task: Task, purpose: Purpose) -> None:
        if purpose in self.own_networks:
            service_ports.remove(task, purpose)
        else:
            self.unconfigure_tenant_networks(task)

    # -- networks of the instance --------------------------------------------------------------------------------

    def configure_tenant_networks(self, task: Task) -> None:
        vifs.free_interrupted(task)
        bound = []
        for holder in placement.holders(task):
            vif_id = placement.attached(holder)
            if vif_id:
                vifs.bind(task, holder, vif_id, self.tells_links)
                bound.append(vif_id)
        if not bound:
            raise exception.NetworkError(
                f"No VIF is attached to node {task.node.uuid}, so its instance has no network. Attach a port of the "
                f"tenant first (baremetal node vif attach {task.node.uuid} PORT)."
            )
        if self._must_bind(task):
            binding.wait(task, bound)

    def unconfigure_tenant_networks(self, task: Task) -> None:
        for holder in placement.holders(task):
            vif_id = placement.attached(holder)
            if vif_id:
                vifs.unbind(task, holder, vif_id)

    def made_for_nodes(self) -> dict[str, set[str]]:
        return service_ports.by_node()

    def remove_strays(self, task: Task) -> None:
        service_ports.remove_strays(task)

    def set_boot_options(self, task: Task, options: Sequence[DHCPOption]) -> None:
        if CONF.dhcp.dhcp_provider == "neutron":
            used = (self.current_vif(holder) for holder in placement.holders(task))
            dhcp.set_options(task, [vif_id for vif_id in used if vif_id], options)

    def instance_network_data(self, task: Task) -> dict[str, Any]:
        return network_data.of_vifs(task)

    def port_reported(self, port_id: str) -> None:
        port_events.report(port_id)

    def vif_attach(self, task: Task, vif: dict[str, Any]) -> None:
        vifs.attach(task, vif, self.tells_links, self._must_bind(task))

    def vif_detach(self, task: Task, vif_id: str) -> None:
        vifs.detach(task, vif_id)

    def vif_list(self, task: Task) -> list[dict[str, Any]]:
        found = (placement.attached(holder) for holder in placement.holders(task))
        return [{"id": vif_id} for vif_id in found if vif_id]

    def current_vif(self, holder: Port | Portgroup) -> str | None:
        of_service = (purpose.key for purpose in Purpose)
        keys = (*of_service, placement.VIF, vifs.ATTACHING, vifs.DETACHING)
        found = (holder.internal_info.get(key) for key in keys)
        return next((vif_id for vif_id in found if vif_id), None)

    def port_changes(self, task: Task, stored: Port | Portgroup, changed: Port | Portgroup) -> None:
        vif_id = placement.attached(stored)
        if vif_id is None:
            return
        if stored.address != changed.address:
            vifs.readdress(task, changed, vif_id, self.tells_links)
        if (stored.extra or {}).get("client-id") != (changed.extra or {}).get("client-id"):
            vifs.set_client_id(task, changed, vif_id)

    def release(self, task: Task) -> None:
        vifs.free_interrupted(task)
        for vif in self.vif_list(task):
            self.vif_detach(task, vif["id"])
        service_ports.remove(task)
