# SPDX-License-Identifier: Apache-2.0
"""BIOS of a server that does not exist."""

from typing import Any

from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.bios import BIOSInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.unconfigured import Unconfigured

_SETTINGS = {
    "settings": {
        "description": "List of settings, each with a name and a value.",
        "required": True,
    }
}


class FakeBIOS(Unconfigured, BIOSInterface):
    """Takes settings and forgets them."""

    def cache_bios_settings(self, task: Task) -> None:
        return None

    @steps.clean_step(priority=0, argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    @steps.deploy_step(priority=0, argsinfo=_SETTINGS, repeatable=True)
    @steps.service_step(argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    def apply_configuration(self, task: Task, settings: list[dict[str, Any]]) -> None:
        """Apply BIOS settings."""

    @steps.clean_step(priority=0, requires_ramdisk=False, repeatable=True)
    @steps.deploy_step(priority=0, repeatable=True)
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def factory_reset(self, task: Task) -> None:
        """Go back to the settings the server was made with."""
