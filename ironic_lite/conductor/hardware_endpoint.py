# SPDX-License-Identifier: Apache-2.0
"""The part of the conductor's RPC surface that speaks to one server at a time, besides its power and provisioning.

Methods are short: lock the node, hand over to the room that knows.
"""

from typing import Any

import oslo_messaging

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import (
    boot_mode,
    console,
    hardware_calls,
    task_manager,
    vendor_calls,
    virtual_media,
)
from ironic_lite.conductor.flows import inspect
from ironic_lite.conductor.identity import current
from ironic_lite.conductor.surface import Endpoint, exposed, exposed_to_agents

Context = ironic_context.RequestContext


class HardwareEndpoint(Endpoint):
    """See :class:`ironic_lite.conductor.hardware_calls.HardwareCalls` for what each method answers and raises."""

    target = oslo_messaging.Target(version=hardware_calls.VERSION)

    # -- console, boot mode, RAID --------------------------------------------------------------------------------

    @exposed
    def set_console_mode(self, context: Context, node_id: str, enabled: bool) -> None:
        with task_manager.acquire(context, node_id, purpose="changing the console") as task:
            console.request(task, enabled)

    @exposed
    def get_console_information(self, context: Context, node_id: str) -> dict[str, Any]:
        with task_manager.acquire(
            context, node_id, shared=True, purpose="reading the console"
        ) as task:
            return console.information(task)

    @exposed
    def set_boot_mode(self, context: Context, node_id: str, mode: str) -> None:
        with task_manager.acquire(context, node_id, purpose="changing the boot mode") as task:
            boot_mode.request(task, mode)

    @exposed
    def set_secure_boot(self, context: Context, node_id: str, state: bool) -> None:
        with task_manager.acquire(context, node_id, purpose="changing secure boot") as task:
            boot_mode.request_secure(task, state)

    @exposed
    def set_target_raid_config(
        self, context: Context, node_id: str, target_raid_config: dict[str, Any]
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="setting the RAID target") as task:
            task.driver.raid.validate(task)
            # An empty one asks for nothing any more.
            if target_raid_config:
                task.driver.raid.validate_raid_config(task, target_raid_config)
            task.node.target_raid_config = target_raid_config
            task.node.save()

    @exposed
    def get_raid_logical_disk_properties(
        self, context: Context, driver_name: str
    ) -> dict[str, str]:
        drivers = current().drivers
        name = drivers.default_interface(driver_name, "raid")
        raid: Any = drivers.interface(driver_name, "raid", name)
        if not raid.supported:
            raise exception.UnsupportedDriverExtension(driver=driver_name, extension="raid")
        return raid.get_logical_disk_properties()

    # -- management ----------------------------------------------------------------------------------------------

    @exposed
    def inject_nmi(self, context: Context, node_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="injecting an NMI") as task:
            task.driver.management.validate(task)
            task.ensure_locked()
            task.driver.management.inject_nmi(task)

    @exposed
    def get_supported_indicators(
        self, context: Context, node_id: str
    ) -> dict[str, dict[str, dict[str, Any]]]:
        with task_manager.acquire(context, node_id, shared=True, purpose="indicators") as task:
            return task.driver.management.get_supported_indicators(task)

    @exposed
    def get_indicator_state(
        self, context: Context, node_id: str, component: str, indicator: str
    ) -> str:
        with task_manager.acquire(context, node_id, shared=True, purpose="indicators") as task:
            task.driver.management.validate(task)
            return task.driver.management.get_indicator_state(task, component, indicator)

    @exposed
    def set_indicator_state(
        self, context: Context, node_id: str, component: str, indicator: str, state: str
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="switching an indicator") as task:
            task.driver.management.validate(task)
            task.ensure_locked()
            task.driver.management.set_indicator_state(task, component, indicator, state)

    # -- virtual media and interfaces ----------------------------------------------------------------------------

    @exposed
    def attach_virtual_media(
        self, context: Context, node_id: str, device_type: str, image_url: str
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="attaching virtual media") as task:
            virtual_media.attach(task, device_type, image_url)

    @exposed
    def detach_virtual_media(
        self, context: Context, node_id: str, device_types: list[str] | None
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="detaching virtual media") as task:
            virtual_media.detach(task, device_types)

    @exposed
    def get_virtual_media(self, context: Context, node_id: str) -> list[dict[str, Any]]:
        with task_manager.acquire(context, node_id, shared=True, purpose="virtual media") as task:
            return virtual_media.attached(task)

    @exposed
    def vif_attach(self, context: Context, node_id: str, vif: dict[str, Any]) -> None:
        with task_manager.acquire(context, node_id, purpose="attaching a VIF") as task:
            task.driver.network.validate(task)
            task.driver.network.vif_attach(task, vif)

    @exposed
    def vif_detach(self, context: Context, node_id: str, vif_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="detaching a VIF") as task:
            task.driver.network.validate(task)
            task.driver.network.vif_detach(task, vif_id)

    @exposed
    def vif_list(self, context: Context, node_id: str) -> list[dict[str, Any]]:
        with task_manager.acquire(context, node_id, shared=True, purpose="listing VIFs") as task:
            return task.driver.network.vif_list(task)

    # -- vendor methods ------------------------------------------------------------------------------------------

    @exposed
    def get_node_vendor_passthru_methods(
        self, context: Context, node_id: str
    ) -> dict[str, dict[str, Any]]:
        with task_manager.acquire(context, node_id, shared=True, purpose="vendor methods") as task:
            return vendor_calls.methods(task)

    @exposed
    def vendor_passthru(
        self,
        context: Context,
        node_id: str,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> vendor_calls.Answer:
        with task_manager.acquire(
            context, node_id, shared=True, purpose=f"vendor method {driver_method}"
        ) as task:
            return vendor_calls.call(task, driver_method, http_method, info)

    @exposed
    def get_driver_vendor_passthru_methods(
        self, context: Context, driver_name: str
    ) -> dict[str, dict[str, Any]]:
        return vendor_calls.driver_methods(driver_name)

    @exposed
    def driver_vendor_passthru(
        self,
        context: Context,
        driver_name: str,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> vendor_calls.Answer:
        return vendor_calls.call_driver(context, driver_name, driver_method, http_method, info)

    # -- inspection ----------------------------------------------------------------------------------------------

    @exposed_to_agents
    def continue_inspection(
        self,
        context: Context,
        node_id: str,
        inventory: dict[str, Any],
        plugin_data: dict[str, Any],
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="inspection data") as task:
            inspect.receive(task, inventory, plugin_data)
