# SPDX-License-Identifier: Apache-2.0
"""Network interface for flat networks that the service does not switch."""

from typing import Any

from ironic_lite.drivers import refused_fields
from ironic_lite.drivers.interfaces.network import NetworkInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured

_NO_SWITCH = refused_fields.Refused(
    "The service does not switch networks for this node; connect it to a network with access to the API, and remove "
    "the field."
)
_REFUSED = {
    f"{purpose}_network": _NO_SWITCH
    for purpose in ("cleaning", "inspection", "provisioning", "rescuing", "servicing")
}


class NoopNetwork(Unconfigured, NetworkInterface):
    """Leaves every server in its network."""

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(_REFUSED)

    def add_provisioning_network(self, task: Task) -> None:
        return None

    def remove_provisioning_network(self, task: Task) -> None:
        return None

    def configure_tenant_networks(self, task: Task) -> None:
        return None

    def unconfigure_tenant_networks(self, task: Task) -> None:
        return None

    def add_cleaning_network(self, task: Task) -> None:
        return None

    def remove_cleaning_network(self, task: Task) -> None:
        return None

    def add_inspection_network(self, task: Task) -> None:
        return None

    def remove_inspection_network(self, task: Task) -> None:
        return None

    def add_rescuing_network(self, task: Task) -> None:
        return None

    def remove_rescuing_network(self, task: Task) -> None:
        return None

    def vif_attach(self, task: Task, vif: dict[str, Any]) -> None:
        return None

    def vif_detach(self, task: Task, vif_id: str) -> None:
        return None

    def vif_list(self, task: Task) -> list[dict[str, Any]]:
        return []
