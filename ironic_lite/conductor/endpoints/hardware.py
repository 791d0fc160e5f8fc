# SPDX-License-Identifier: Apache-2.0
"""Serves ``contract.hardware``."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.contract.declaration import Context
from ironic_lite.conductor.contract.hardware import HardwareCalls
from ironic_lite.conductor.endpoints.serving import locked, served, unlocked
from ironic_lite.conductor.hardware import (
    boot_mode,
    console,
    console_log,
    vendor_passthru,
    vifs,
    virtual_media,
)
from ironic_lite.conductor.task_manager import TaskManager

# -- boot, RAID ------------------------------------------------------------------------------------------------------


def _get_boot_device(task: TaskManager) -> dict[str, Any]:
    task.driver.management.validate(task)
    return task.driver.management.get_boot_device(task)


def _set_target_raid_config(task: TaskManager, target_raid_config: dict[str, Any]) -> None:
    task.driver.raid.validate(task)
    # An empty configuration deletes the target and needs no check.
    if target_raid_config:
        task.driver.raid.validate_raid_config(task, target_raid_config)
    task.node.target_raid_config = target_raid_config
    task.node.save()


def _get_raid_logical_disk_properties(_context: Context, driver_name: str) -> dict[str, str]:
    raid = current().drivers.default_driver(driver_name).raid
    if not raid.supported:
        raise exception.UnsupportedDriverExtension(driver=driver_name, extension="raid")
    return raid.get_logical_disk_properties()


# -- management ------------------------------------------------------------------------------------------------------


def _inject_nmi(task: TaskManager) -> None:
    task.driver.management.validate(task)
    task.ensure_locked()
    task.driver.management.inject_nmi(task)


def _get_indicator_state(task: TaskManager, component: str, indicator: str) -> str:
    task.driver.management.validate(task)
    return task.driver.management.get_indicator_state(task, component, indicator)


def _set_indicator_state(task: TaskManager, component: str, indicator: str, state: str) -> None:
    task.driver.management.validate(task)
    task.ensure_locked()
    task.driver.management.set_indicator_state(task, component, indicator, state)


# -- virtual interfaces ----------------------------------------------------------------------------------------------


def _list_vifs(task: TaskManager) -> list[dict[str, Any]]:
    return task.driver.network.vif_list(task)


SERVED = served(
    HardwareCalls,
    locked(HardwareCalls.set_boot_device)(TaskManager.set_boot_device),
    locked(HardwareCalls.get_boot_device)(_get_boot_device),
    locked(HardwareCalls.get_supported_boot_devices)(
        lambda task: task.driver.management.get_supported_boot_devices(task)
    ),
    locked(HardwareCalls.set_boot_mode)(boot_mode.request),
    locked(HardwareCalls.set_secure_boot)(boot_mode.request_secure),
    locked(HardwareCalls.set_console_mode)(console.request),
    locked(HardwareCalls.get_console_information)(console.information),
    locked(HardwareCalls.read_console_log)(console_log.read),
    locked(HardwareCalls.issue_console_token)(console_log.issue_token),
    locked(HardwareCalls.get_console_entrance)(console_log.entrance),
    locked(HardwareCalls.set_target_raid_config)(_set_target_raid_config),
    unlocked(HardwareCalls.get_raid_logical_disk_properties)(_get_raid_logical_disk_properties),
    locked(HardwareCalls.inject_nmi)(_inject_nmi),
    locked(HardwareCalls.get_supported_indicators)(
        lambda task: task.driver.management.get_supported_indicators(task)
    ),
    locked(HardwareCalls.get_indicator_state)(_get_indicator_state),
    locked(HardwareCalls.set_indicator_state)(_set_indicator_state),
    locked(HardwareCalls.attach_virtual_media)(virtual_media.attach),
    locked(HardwareCalls.detach_virtual_media)(virtual_media.detach),
    locked(HardwareCalls.get_virtual_media)(virtual_media.attached),
    locked(HardwareCalls.vif_attach)(vifs.attach),
    locked(HardwareCalls.vif_detach)(vifs.detach),
    locked(HardwareCalls.vif_list)(_list_vifs),
    unlocked(HardwareCalls.port_reported)(vifs.port_reported),
    locked(HardwareCalls.get_node_vendor_passthru_methods)(vendor_passthru.methods),
    locked(HardwareCalls.vendor_passthru)(vendor_passthru.call),
    unlocked(HardwareCalls.get_driver_vendor_passthru_methods)(vendor_passthru.driver_methods),
    unlocked(HardwareCalls.driver_vendor_passthru)(vendor_passthru.call_driver),
)
