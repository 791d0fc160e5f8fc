# SPDX-License-Identifier: Apache-2.0
"""Hook ``ramdisk-error``: an error of the ramdisk fails the inspection."""

from ironic_lite.common import exception, redaction
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.inspector.hooks.base import Data, InspectionHook

_MAX_TEXT = 2000


class RamdiskErrorHook(InspectionHook):
    """Reads ``error`` in the plugin data."""

    def preprocess(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        error = plugin_data.get("error")
        if error:
            text = redaction.mask_text(str(error)[:_MAX_TEXT])
            raise exception.HardwareInspectionFailure(f"the ramdisk reports: {text}")
