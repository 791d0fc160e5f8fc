# SPDX-License-Identifier: Apache-2.0
"""The RPCs that reach one server's hardware: boot, console, RAID, indicators, media, VIFs, vendor methods."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import (
    Context,
    NodeId,
    exclusive,
    hardware,
    shared,
    unlocked,
)


class HardwareCalls(Protocol):
    """What changes something raises NodeLocked when somebody else works on the node, and NoFreeConductorWorker where
    it goes on in the background; what becomes of it then stands on the node. All raise UnsupportedDriverExtension for
    what the node's interfaces cannot do, and InvalidParameterValue when the node is not set up for it.
    """

    # -- boot --------------------------------------------------------------------------------------------------

    @exclusive("setting the boot device", since="1.0", timeout=hardware)
    def set_boot_device(
        self, context: Context, node_id: NodeId, device: str, persistent: bool = False
    ) -> None:
        """Set what the server boots from next, or always.

        :raises InvalidParameterValue: when the server does not offer the device.
        """

    @shared("reading the boot device", since="1.0", timeout=hardware)
    def get_boot_device(self, context: Context, node_id: NodeId) -> dict[str, Any]:
        """``{"boot_device": name or None, "persistent": True, False or None}``."""

    @shared("listing boot devices", since="1.0")
    def get_supported_boot_devices(self, context: Context, node_id: NodeId) -> list[str]:
        """What :meth:`set_boot_device` takes."""

    @exclusive("changing the boot mode", since="1.1")
    def set_boot_mode(self, context: Context, node_id: NodeId, mode: str) -> None:
        """Begin to change the boot mode, ``bios`` or ``uefi``."""

    @exclusive("changing secure boot", since="1.1")
    def set_secure_boot(self, context: Context, node_id: NodeId, state: bool) -> None:
        """Begin to turn secure boot on or off."""

    # -- console, RAID -----------------------------------------------------------------------------------------

    @exclusive("changing the console", since="1.1")
    def set_console_mode(self, context: Context, node_id: NodeId, enabled: bool) -> None:
        """Begin to open or close the node's console."""

    @shared("reading the console", since="1.1")
    def get_console_information(self, context: Context, node_id: NodeId) -> dict[str, Any]:
        """``{"type": ..., "url": ...}``.

        :raises NodeConsoleNotEnabled: when the console is closed.
        """

    @exclusive("setting the RAID target", since="1.1")
    def set_target_raid_config(
        self, context: Context, node_id: NodeId, target_raid_config: dict[str, Any]
    ) -> None:
        """Store what RAID configuration the node is to get; an empty one forgets it.

        :raises InvalidParameterValue: naming what is wrong with it.
        """

    @unlocked(since="1.1")
    def get_raid_logical_disk_properties(
        self, context: Context, driver_name: str
    ) -> dict[str, str]:
        """``{property of a logical disk: its meaning}``."""

    # -- management --------------------------------------------------------------------------------------------

    @exclusive("injecting an NMI", since="1.1", timeout=hardware)
    def inject_nmi(self, context: Context, node_id: NodeId) -> None:
        """Send the server a non-maskable interrupt."""

    @shared("indicators", since="1.1", timeout=hardware)
    def get_supported_indicators(
        self, context: Context, node_id: NodeId
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """``{component: {indicator: {"readonly": bool, "states": [names]}}}``."""

    @shared("indicators", since="1.1", timeout=hardware)
    def get_indicator_state(
        self, context: Context, node_id: NodeId, component: str, indicator: str
    ) -> str:
        """The state of an indicator.

        :raises InvalidParameterValue: when there is none such.
        """

    @exclusive("switching an indicator", since="1.1", timeout=hardware)
    def set_indicator_state(
        self, context: Context, node_id: NodeId, component: str, indicator: str, state: str
    ) -> None:
        """Switch an indicator; raises as :meth:`get_indicator_state` does."""

    # -- virtual media and interfaces --------------------------------------------------------------------------

    @exclusive("attaching virtual media", since="1.1")
    def attach_virtual_media(
        self, context: Context, node_id: NodeId, device_type: str, image_url: str
    ) -> None:
        """Begin to put an image into a virtual drive."""

    @exclusive("detaching virtual media", since="1.1")
    def detach_virtual_media(
        self, context: Context, node_id: NodeId, device_types: list[str] | None
    ) -> None:
        """Begin to empty the virtual drives of these types; all of them for None."""

    @shared("virtual media", since="1.1", timeout=hardware)
    def get_virtual_media(self, context: Context, node_id: NodeId) -> list[dict[str, Any]]:
        """What is in the virtual drives."""

    @exclusive("attaching a VIF", since="1.1")
    def vif_attach(self, context: Context, node_id: NodeId, vif: dict[str, Any]) -> None:
        """Give the node's instance a virtual interface."""

    @exclusive("detaching a VIF", since="1.1")
    def vif_detach(self, context: Context, node_id: NodeId, vif_id: str) -> None:
        """Take a virtual interface away from the node's instance."""

    @shared("listing VIFs", since="1.1")
    def vif_list(self, context: Context, node_id: NodeId) -> list[dict[str, Any]]:
        """The virtual interfaces of the node's instance."""

    # -- vendor methods ----------------------------------------------------------------------------------------

    @shared("vendor methods", since="1.1")
    def get_node_vendor_passthru_methods(
        self, context: Context, node_id: NodeId
    ) -> dict[str, dict[str, Any]]:
        """``{name: {"http_methods", "async", "description", "attach", "require_exclusive_lock"}}``."""

    @shared("vendor method {driver_method}", since="1.1", timeout=hardware)
    def vendor_passthru(
        self,
        context: Context,
        node_id: NodeId,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> dict[str, Any]:
        """Call a vendor method, which locks the node where it asks for that.

        :returns: ``{"return": value, "async": bool, "attach": bool}``.
        :raises InvalidParameterValue: when there is none such, or an argument does not fit.
        """

    @unlocked(since="1.1")
    def get_driver_vendor_passthru_methods(
        self, context: Context, driver_name: str
    ) -> dict[str, dict[str, Any]]:
        """What :meth:`get_node_vendor_passthru_methods` answers, for a hardware type."""

    @unlocked(since="1.1", timeout=hardware)
    def driver_vendor_passthru(
        self,
        context: Context,
        driver_name: str,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> dict[str, Any]:
        """Call a vendor method of a hardware type; answers and raises as :meth:`vendor_passthru` does."""
