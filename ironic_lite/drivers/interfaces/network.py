# SPDX-License-Identifier: Apache-2.0
"""Which network a server is plugged into."""

import abc

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
