# SPDX-License-Identifier: Apache-2.0
"""Network interface ``neutron``: Neutron switches each server between networks, by the cables of its ports."""

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import binding, networks
from ironic_lite.drivers.modules.network.backed import NeutronBacked


class NeutronNetwork(NeutronBacked):
    """Connects a server to one network of the service at a time, and to the networks of its VIFs while it has an
    instance."""

    tells_links = True
    own_networks = frozenset(Purpose)

    def validate(self, task: Task) -> None:
        """See the base class. Asks Neutron whether the networks exist."""
        super().validate(task)
        networks.find(task, Purpose.PROVISIONING)
        if task.node.disable_power_off and not CONF.neutron.allow_disabling_power_off:
            raise exception.InvalidParameterValue(
                err=f"Node {task.node.uuid} has disable_power_off, so its old instance would run in the cleaning "
                "network. Use another network interface, or set [neutron] allow_disabling_power_off."
            )

    def _must_bind(self, task: Task) -> bool:
        return binding.matters(task.node, CONF.neutron.fail_on_port_binding_failure)

    @steps.service_step(repeatable=True, requires_ramdisk=False)
    def reattach_networking(self, task: Task) -> None:
        """Unbind the VIFs and bind them again, while the instance runs."""
        self.unconfigure_tenant_networks(task)
        self.configure_tenant_networks(task)
