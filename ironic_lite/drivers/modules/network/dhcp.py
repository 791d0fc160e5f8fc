# SPDX-License-Identifier: Apache-2.0
"""Boot options for Neutron's DHCP agents, on the ports in Neutron that a server uses at present."""

import ipaddress
import time
from collections.abc import Iterable, Sequence
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.network import DHCPOption
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network.client import Neutron

LOG = log.getLogger(__name__)


def set_options(task: Task, vif_ids: Iterable[str], options: Sequence[DHCPOption]) -> None:
    """Set the options of these ports, each those of its own IP addresses. A server boots if one port has them.

    :raises FailedToUpdateDHCPOptOnPort: when no port has got them.
    """
    neutron = Neutron(task.ensure_locked)
    problems: list[str] = []
    done = False
    for vif_id in vif_ids:
        try:
            _set(neutron, vif_id, options)
            done = True
        except exception.NetworkError as exc:
            LOG.warning("Node %s: %s", task.node.uuid, exc.message)
            problems.append(exc.message)
    if not done:
        raise exception.FailedToUpdateDHCPOptOnPort(
            node=task.node.uuid, reason=" ".join(dict.fromkeys(problems)) or "It has no VIF."
        )
    if CONF.neutron.port_setup_delay:
        time.sleep(CONF.neutron.port_setup_delay)


def _set(neutron: Neutron, vif_id: str, options: Sequence[DHCPOption]) -> None:
    found = neutron.port(vif_id)
    if found is None:
        raise exception.NetworkError(f"Port {vif_id} no longer exists in Neutron.")
    addresses = (str(each["ip_address"]) for each in found.addresses)
    versions = {ipaddress.ip_address(address).version for address in addresses}
    if not versions:
        raise exception.NetworkError(
            f"Port {vif_id} has no IP address, so its server gets none by DHCP. Add a subnet to its network."
        )
    wanted: list[dict[str, Any]] = [
        {"opt_name": option.name, "opt_value": option.value, "ip_version": option.ip_version}
        for option in options
        if option.ip_version in versions
    ]
    if neutron.update_port(vif_id, extra_dhcp_opts=wanted) is None:
        raise exception.NetworkError(f"Port {vif_id} no longer exists in Neutron.")
