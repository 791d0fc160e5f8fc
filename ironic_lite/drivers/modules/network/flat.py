# SPDX-License-Identifier: Apache-2.0
"""Network interface ``flat``: all servers are in one network, and Neutron changes no switch."""

from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network.backed import NeutronBacked


class FlatNetwork(NeutronBacked):
    """Serves a server by Neutron's DHCP. It is deployed, rescued and serviced in the network of its VIFs."""

    tells_links = False

    def add_provisioning_network(self, task: Task) -> None:
        self.configure_tenant_networks(task)

    def remove_provisioning_network(self, task: Task) -> None:
        self.unconfigure_tenant_networks(task)

    def add_rescuing_network(self, task: Task) -> None:
        self.configure_tenant_networks(task)

    def remove_rescuing_network(self, task: Task) -> None:
        self.unconfigure_tenant_networks(task)

    def add_servicing_network(self, task: Task) -> None:
        self.configure_tenant_networks(task)

    def remove_servicing_network(self, task: Task) -> None:
        self.unconfigure_tenant_networks(task)
