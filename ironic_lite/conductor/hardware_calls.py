# SPDX-License-Identifier: Apache-2.0
"""The client's side of ``hardware_endpoint``: consoles, boot mode, RAID, indicators, media, VIFs, vendor methods.

What changes something raises NodeLocked when somebody else works on the node, and NoFreeConductorWorker where it goes
on in the background; what becomes of it then stands on the node. All raise UnsupportedDriverExtension for what the
node's interfaces cannot do, and InvalidParameterValue when the node is not set up for it.
"""

from collections.abc import Callable
from typing import Any

from ironic_lite.common import context as ironic_context
from ironic_lite.conf import CONF

VERSION = "1.1"
"""Of the conductor's RPC surface: since then all this has been there."""

# What a conductor needs beyond the time its BMC takes, in seconds.
BMC_MARGIN = 30

Context = ironic_context.RequestContext


def bmc_timeout() -> float:
    """Seconds that a call may take which asks the BMC before it answers."""
    return CONF.ipmi.command_retry_timeout + BMC_MARGIN


class HardwareCalls:
    """Mixed into ``ConductorAPI``, which brings ``_call``."""

    _call: Callable[..., Any]

    def _tell(self, context: Context, topic: str, method: str, **arguments: Any) -> Any:
        return self._call(context, topic, method, version=VERSION, **arguments)

    def _ask_bmc(self, context: Context, topic: str, method: str, **arguments: Any) -> Any:
        return self._tell(context, topic, method, timeout=bmc_timeout(), **arguments)

    # -- console, boot mode, RAID ------------------------------------------------------------------------------

    def set_console_mode(self, context: Context, node_id: str, enabled: bool, topic: str) -> None:
        """Begin to open or close the node's console."""
        self._tell(context, topic, "set_console_mode", node_id=node_id, enabled=enabled)

    def get_console_information(self, context: Context, node_id: str, topic: str) -> dict[str, Any]:
        """``{"type": ..., "url": ...}``.

        :raises NodeConsoleNotEnabled: when the console is closed.
        """
        return self._tell(context, topic, "get_console_information", node_id=node_id)

    def set_boot_mode(self, context: Context, node_id: str, mode: str, topic: str) -> None:
        """Begin to change the boot mode, ``bios`` or ``uefi``."""
        self._tell(context, topic, "set_boot_mode", node_id=node_id, mode=mode)

    def set_secure_boot(self, context: Context, node_id: str, state: bool, topic: str) -> None:
        """Begin to turn secure boot on or off."""
        self._tell(context, topic, "set_secure_boot", node_id=node_id, state=state)

    def set_target_raid_config(
        self, context: Context, node_id: str, target_raid_config: dict[str, Any], topic: str
    ) -> None:
        """Store what RAID configuration the node is to get; an empty one forgets it.

        :raises InvalidParameterValue: naming what is wrong with it.
        """
        self._tell(
            context,
            topic,
            "set_target_raid_config",
            node_id=node_id,
            target_raid_config=target_raid_config,
        )

    def get_raid_logical_disk_properties(
        self, context: Context, driver_name: str, topic: str
    ) -> dict[str, str]:
        """``{property of a logical disk: its meaning}``."""
        return self._tell(
            context, topic, "get_raid_logical_disk_properties", driver_name=driver_name
        )

    # -- management --------------------------------------------------------------------------------------------

    def inject_nmi(self, context: Context, node_id: str, topic: str) -> None:
        """Send the server a non-maskable interrupt."""
        self._ask_bmc(context, topic, "inject_nmi", node_id=node_id)

    def get_supported_indicators(
        self, context: Context, node_id: str, topic: str
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """``{component: {indicator: {"readonly": bool, "states": [names]}}}``."""
        return self._ask_bmc(context, topic, "get_supported_indicators", node_id=node_id)

    def get_indicator_state(
        self, context: Context, node_id: str, component: str, indicator: str, topic: str
    ) -> str:
        """The state of an indicator.

        :raises InvalidParameterValue: when there is none such.
        """
        return self._ask_bmc(
            context,
            topic,
            "get_indicator_state",
            node_id=node_id,
            component=component,
            indicator=indicator,
        )

    def set_indicator_state(
        self,
        context: Context,
        node_id: str,
        component: str,
        indicator: str,
        state: str,
        topic: str,
    ) -> None:
        """Switch an indicator; raises as :meth:`get_indicator_state` does."""
        self._ask_bmc(
            context,
            topic,
            "set_indicator_state",
            node_id=node_id,
            component=component,
            indicator=indicator,
            state=state,
        )

    # -- virtual media and interfaces --------------------------------------------------------------------------

    def attach_virtual_media(
        self, context: Context, node_id: str, device_type: str, image_url: str, topic: str
    ) -> None:
        """Begin to put an image into a virtual drive."""
        self._tell(
            context,
            topic,
            "attach_virtual_media",
            node_id=node_id,
            device_type=device_type,
            image_url=image_url,
        )

    def detach_virtual_media(
        self, context: Context, node_id: str, device_types: list[str] | None, topic: str
    ) -> None:
        """Begin to empty the virtual drives of these types; all of them for None."""
        self._tell(
            context, topic, "detach_virtual_media", node_id=node_id, device_types=device_types
        )

    def get_virtual_media(self, context: Context, node_id: str, topic: str) -> list[dict[str, Any]]:
        """What is in the virtual drives."""
        return self._ask_bmc(context, topic, "get_virtual_media", node_id=node_id)

    def vif_attach(self, context: Context, node_id: str, vif: dict[str, Any], topic: str) -> None:
        """Give the node's instance a virtual interface."""
        self._tell(context, topic, "vif_attach", node_id=node_id, vif=vif)

    def vif_detach(self, context: Context, node_id: str, vif_id: str, topic: str) -> None:
        """Take it away."""
        self._tell(context, topic, "vif_detach", node_id=node_id, vif_id=vif_id)

    def vif_list(self, context: Context, node_id: str, topic: str) -> list[dict[str, Any]]:
        """The virtual interfaces of the node's instance."""
        return self._tell(context, topic, "vif_list", node_id=node_id)

    # -- vendor methods ----------------------------------------------------------------------------------------

    def get_node_vendor_passthru_methods(
        self, context: Context, node_id: str, topic: str
    ) -> dict[str, dict[str, Any]]:
        """``{name: {"http_methods", "async", "description", "attach", "require_exclusive_lock"}}``."""
        return self._tell(context, topic, "get_node_vendor_passthru_methods", node_id=node_id)

    def vendor_passthru(
        self,
        context: Context,
        node_id: str,
        method: str,
        http_method: str,
        info: dict[str, Any],
        topic: str,
    ) -> dict[str, Any]:
        """Call a vendor method: ``{"return": value, "async": bool, "attach": bool}``.

        :raises InvalidParameterValue: when there is none such, or an argument does not fit.
        """
        return self._ask_bmc(
            context,
            topic,
            "vendor_passthru",
            node_id=node_id,
            driver_method=method,
            http_method=http_method,
            info=info,
        )

    def get_driver_vendor_passthru_methods(
        self, context: Context, driver_name: str, topic: str
    ) -> dict[str, dict[str, Any]]:
        """The same of a hardware type."""
        return self._tell(
            context, topic, "get_driver_vendor_passthru_methods", driver_name=driver_name
        )

    def driver_vendor_passthru(
        self,
        context: Context,
        driver_name: str,
        method: str,
        http_method: str,
        info: dict[str, Any],
        topic: str,
    ) -> dict[str, Any]:
        """The same of a hardware type."""
        return self._ask_bmc(
            context,
            topic,
            "driver_vendor_passthru",
            driver_name=driver_name,
            driver_method=method,
            http_method=http_method,
            info=info,
        )

    # -- inspection --------------------------------------------------------------------------------------------

    def continue_inspection(
        self,
        context: Context,
        node_id: str,
        inventory: dict[str, Any],
        plugin_data: dict[str, Any],
        topic: str,
    ) -> None:
        """Give a node that waits for it what its ramdisk has found.

        :raises NotFound: when it does not wait.
        """
        self._tell(
            context,
            topic,
            "continue_inspection",
            node_id=node_id,
            inventory=inventory,
            plugin_data=plugin_data,
        )
