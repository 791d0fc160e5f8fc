# SPDX-License-Identifier: Apache-2.0
"""The networks of a server."""

import dataclasses
import enum
from collections.abc import Sequence
from typing import Any, ClassVar

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.port import Port, Portgroup


class Purpose(enum.Enum):
    """What a server does in a network of the service."""

    CLEANING = "cleaning"
    PROVISIONING = "provisioning"
    RESCUING = "rescuing"
    SERVICING = "servicing"
    INSPECTION = "inspection"

    @property
    def setting(self) -> str:
        """The name of the option, and of the field of ``driver_info``."""
        return f"{self.value}_network"

    @property
    def key(self) -> str:
        """The key of a port's ``internal_info`` with the UUID of its port in Neutron."""
        return f"{self.value}_vif_port_id"


@dataclasses.dataclass(frozen=True)
class DHCPOption:
    """An option for servers that boot over the network.

    :param ip_version: 4 or 6.
    :param name: its number, with a tag of dnsmasq in front if only some requests get it.
    """

    ip_version: int
    name: str
    value: str


class NetworkInterface(BaseInterface):
    """Moves a server's ports between the networks of the service and those of its instance.

    All methods except :meth:`vif_list` run under the exclusive lock, and are called again after a crash: connecting a
    connected port or disconnecting a disconnected one changes nothing. By default they do nothing.
    """

    interface_type = "network"

    moves_servers: ClassVar[bool] = False
    """Whether a server can reach other things after it was connected to another network."""

    offers_boot_options: ClassVar[bool] = False
    """Whether :meth:`set_boot_options` does something."""

    def validate_network(self, task: Task, purpose: Purpose) -> None:
        """Check the settings for connecting the server to the network for a purpose. Any lock.

        :raises UnsupportedDriverExtension: when the node is to be inspected and has no inspection network.
        :raises InvalidParameterValue: naming what is wrong.
        """

    def connect(self, task: Task, purpose: Purpose) -> None:
        """Connect the server to the network for a purpose."""

    def disconnect(self, task: Task, purpose: Purpose) -> None:
        """Disconnect the server from the network for a purpose."""

    def configure_tenant_networks(self, task: Task) -> None:
        """Connect the server to the networks of its instance."""

    def unconfigure_tenant_networks(self, task: Task) -> None:
        """Disconnect the server from the networks of its instance."""

    def release(self, task: Task) -> None:
        """Detach all virtual interfaces, and disconnect the server from all networks of the service.

        The node has lost its instance, or is about to be deleted.
        """

    def made_for_nodes(self) -> dict[str, set[str]]:
        """Return ``{node UUID: ports}``: the ports that exist in the network service for operations on nodes. No lock.

        :raises IronicLiteError: when the network service does not answer.
        """
        return {}

    def remove_strays(self, task: Task) -> None:
        """Remove the ports of :meth:`made_for_nodes` that no operation on the node knows. Exclusive lock.

        A request that was given up may take effect later, when the operation has ended.
        """

    def set_boot_options(self, task: Task, options: Sequence[DHCPOption]) -> None:
        """Offer DHCP options to the server in the network that it is connected to."""

    def instance_network_data(self, task: Task) -> dict[str, Any]:
        """Return ``network_data`` for the config drive of the instance; {} when nothing is known.

        :raises NetworkError: when the network service does not answer.
        """
        return {}

    def port_reported(self, port_id: str) -> None:
        """Wake the work that waits for a port, because the network service has reported it. No lock."""

    def vif_attach(self, task: Task, vif: dict[str, Any]) -> None:
        """Attach a virtual interface to the instance.

        :param vif: ``id``, and the client's other fields; ``port_uuid`` or ``portgroup_uuid`` chooses the port or port
            group.
        :raises IronicLiteError: when no port is free.
        """

    def vif_detach(self, task: Task, vif_id: str) -> None:
        """Detach a virtual interface from the instance."""

    def vif_list(self, task: Task) -> list[dict[str, Any]]:
        """Return the virtual interfaces of the instance, each with its ``id``. Any lock."""
        return []

    def current_vif(self, holder: Port | Portgroup) -> str | None:
        """Return the virtual interface that uses a port or port group at present. Any lock."""
        return None

    def port_changes(self, task: Task, stored: Port | Portgroup, changed: Port | Portgroup) -> None:
        """Apply a change of a port or port group to the attached virtual interface, before the change is saved."""
