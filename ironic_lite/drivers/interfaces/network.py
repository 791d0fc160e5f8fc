# SPDX-License-Identifier: Apache-2.0
"""Which network a server is plugged into."""

import abc
from typing import Any

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class NetworkInterface(BaseInterface):
    """Moves a server's ports between the provisioning, cleaning and tenant networks."""

    interface_type = "network"

    @abc.abstractmethod
    def add_provisioning_network(self, task: Task) -> None:
        """Plug the server into the network that deployment uses."""

    @abc.abstractmethod
    def remove_provisioning_network(self, task: Task) -> None:
        """Unplug it from there."""

    @abc.abstractmethod
    def configure_tenant_networks(self, task: Task) -> None:
        """Plug it into the networks of its instance."""

    @abc.abstractmethod
    def unconfigure_tenant_networks(self, task: Task) -> None:
        """Unplug it from there."""

    @abc.abstractmethod
    def add_cleaning_network(self, task: Task) -> None:
        """Plug it into the network that cleaning uses."""

    @abc.abstractmethod
    def remove_cleaning_network(self, task: Task) -> None:
        """Unplug it from there."""

    @abc.abstractmethod
    def add_inspection_network(self, task: Task) -> None:
        """Plug it into the network that inspection uses."""

    @abc.abstractmethod
    def remove_inspection_network(self, task: Task) -> None:
        """Unplug it from there."""

    @abc.abstractmethod
    def add_rescuing_network(self, task: Task) -> None:
        """Plug it into the network that a rescue ramdisk comes up in."""

    @abc.abstractmethod
    def remove_rescuing_network(self, task: Task) -> None:
        """Unplug it from there."""

    @abc.abstractmethod
    def vif_attach(self, task: Task, vif: dict[str, Any]) -> None:
        """Give the instance a virtual interface.

        :param vif: ``id``, and whatever else the client said of it: ``port_uuid`` or ``portgroup_uuid`` is the one
            to put it on.
        :raises IronicLiteError: when there is no port left for it.
        """

    @abc.abstractmethod
    def vif_detach(self, task: Task, vif_id: str) -> None:
        """Take a virtual interface away from the instance."""

    @abc.abstractmethod
    def vif_list(self, task: Task) -> list[dict[str, Any]]:
        """The virtual interfaces of the instance, each with its ``id``."""
