# SPDX-License-Identifier: Apache-2.0
"""Which network a server is plugged into."""

from typing import Any

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class NetworkInterface(BaseInterface):
    """Moves a server's ports between the provisioning, cleaning and tenant networks.

    All methods but :meth:`vif_list` run under the exclusive lock, and are called again after a crash: to plug in a port
    that is plugged in, or to unplug one that is not, changes nothing. By default no network is switched.
    """

    interface_type = "network"

    def add_provisioning_network(self, task: Task) -> None:
        """Plug the server into the network that deployment uses."""

    def remove_provisioning_network(self, task: Task) -> None:
        """Unplug the server from the provisioning network."""

    def configure_tenant_networks(self, task: Task) -> None:
        """Plug the server into the networks of its instance."""

    def unconfigure_tenant_networks(self, task: Task) -> None:
        """Unplug the server from the networks of its instance."""

    def add_cleaning_network(self, task: Task) -> None:
        """Plug the server into the network that cleaning uses."""

    def remove_cleaning_network(self, task: Task) -> None:
        """Unplug the server from the cleaning network."""

    def add_inspection_network(self, task: Task) -> None:
        """Plug the server into the network that inspection uses."""

    def remove_inspection_network(self, task: Task) -> None:
        """Unplug the server from the inspection network."""

    def add_rescuing_network(self, task: Task) -> None:
        """Plug the server into the network that a rescue ramdisk comes up in."""

    def remove_rescuing_network(self, task: Task) -> None:
        """Unplug the server from the rescuing network."""

    def vif_attach(self, task: Task, vif: dict[str, Any]) -> None:
        """Give the instance a virtual interface.

        :param vif: ``id``, and whatever else the client said of it: ``port_uuid`` or ``portgroup_uuid`` is the one
            to put it on.
        :raises IronicLiteError: when there is no port left for it.
        """

    def vif_detach(self, task: Task, vif_id: str) -> None:
        """Take a virtual interface away from the instance."""

    def vif_list(self, task: Task) -> list[dict[str, Any]]:
        """Return the virtual interfaces of the instance, each with its ``id``. Any lock."""
        return []
