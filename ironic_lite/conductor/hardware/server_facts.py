# SPDX-License-Identifier: Apache-2.0
"""Facts about a server, read when it is verified: BIOS settings, firmware versions, boot mode, vendor."""

from collections.abc import Callable

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conductor.hardware import power
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces import management

LOG = log.getLogger(__name__)


def record(task: TaskManager) -> None:
    """Read and record the facts. A fact that cannot be read keeps its old value, and is not an error of the node."""
    for fact, read in {
        "BIOS settings": task.driver.bios.cache_bios_settings,
        "firmware versions": task.driver.firmware.cache_firmware_components,
        "boot mode": _boot_mode,
        "secure boot": _secure_boot,
        "vendor": _vendor,
    }.items():
        _try(task, fact, read)
    power.record_connection(task)


def _boot_mode(task: TaskManager) -> None:
    task.node.boot_mode = task.driver.management.get_boot_mode(task)


def _secure_boot(task: TaskManager) -> None:
    task.node.secure_boot = task.driver.management.get_secure_boot_state(task)


def _vendor(task: TaskManager) -> None:
    """Record the vendor, which selects vendor-specific boot values, unless the operator has set it."""
    node = task.node
    if node.properties.get("vendor"):
        return
    vendor = task.driver.management.detect_vendor(task)
    if vendor and not vendor.startswith(management.UNKNOWN_VENDOR):
        node.properties = {**node.properties, "vendor": vendor}


def _try(task: TaskManager, fact: str, read: Callable[[TaskManager], None]) -> None:
    try:
        read(task)
    except exception.WorkCutOff:
        raise
    except exception.UnsupportedDriverExtension:
        LOG.debug("Node %s has no %s", task.node.uuid, fact)
    except Exception:
        LOG.warning("Node %s: its %s cannot be read", task.node.uuid, fact, exc_info=True)
