# SPDX-License-Identifier: Apache-2.0
"""Flat networks that nobody switches."""

from typing import Any

from ironic_lite.drivers.interfaces.network import NetworkInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured


class NoopNetwork(Unconfigured, NetworkInterface):
    """Every server stays plugged in where it is."""

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
