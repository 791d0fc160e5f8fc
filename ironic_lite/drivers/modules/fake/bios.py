# SPDX-License-Identifier: Apache-2.0
"""BIOS of the fake hardware: its settings are those that were applied last."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.bios import BIOSInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause
from ironic_lite.objects.node_items import BIOSSetting

_SETTINGS = {
    "settings": {
        "description": "List of settings, each with a name and a value.",
        "required": True,
    }
}


class FakeBIOS(BIOSInterface):
    """Has no settings until some are applied."""

    def cache_bios_settings(self, task: Task) -> None:
        pause("bios")

    @steps.clean_step(priority=0, argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    @steps.deploy_step(priority=0, argsinfo=_SETTINGS, repeatable=True)
    @steps.service_step(argsinfo=_SETTINGS, requires_ramdisk=False, repeatable=True)
    def apply_configuration(self, task: Task, settings: list[dict[str, Any]]) -> None:
        pause("bios")
        try:
            wanted = [{"name": item["name"], "value": str(item["value"])} for item in settings]
        except (KeyError, TypeError):
            raise exception.InvalidParameterValue(
                err="settings must be a list of objects with 'name' and 'value'."
            ) from None
        BIOSSetting.replace(task.context, task.node.id, wanted)

    @steps.clean_step(priority=0, requires_ramdisk=False, repeatable=True)
    @steps.deploy_step(priority=0, repeatable=True)
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def factory_reset(self, task: Task) -> None:
        pause("bios")
        BIOSSetting.replace(task.context, task.node.id, [])
