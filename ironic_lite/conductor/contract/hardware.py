# SPDX-License-Identifier: Apache-2.0
"""The RPCs that reach one server's hardware: boot, console, RAID, indicators, media, VIFs, vendor methods."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import (
    Away,
    Context,
    NodeId,
    exclusive,
    hardware,
    shared,
    unlocked,
)


class HardwareCalls(Protocol):
    """Calls that change something raise NodeLocked when another task holds the node's lock. Those that begin work in
    the background raise NoFreeConductorWorker when no worker is free; their result is saved on the node. All calls
    raise UnsupportedDriverExtension when the node's interface does not support them, and InvalidParameterValue when
    the node's settings are wrong.
    """

    # -- boot --------------------------------------------------------------------------------------------------

    @exclusive("setting the boot device", since="1.0", timeout=hardware)
    def set_boot_device(
        self, context: Context, node_id: NodeId, device: str, persistent: bool = False
    ) -> None:
        """Set the boot device for the next boot, or for all boots.

        :raises InvalidParameterValue: when the server does not offer the device.
        """

    @shared("reading the boot device", since="1.0", timeout=hardware)
    def get_boot_device(self, context: Context, node_id: NodeId) -> dict[str, Any]:
        """Return ``{"boot_device": name or None, "persistent": True, False or None}``."""

    @shared("listing boot devices", since="1.0")
    def get_supported_boot_devices(self, context: Context, node_id: NodeId) -> list[str]:
        """Return the names of the boot devices that :meth:`set_boot_device` takes."""

    @exclusive("changing the boot mode", since="1.1")
    def set_boot_mode(self, context: Context, node_id: NodeId, mode: str) -> None:
        """Begin to set the boot mode to ``bios`` or ``uefi``."""

    @exclusive("changing secure boot", since="1.1")
    def set_secure_boot(self, context: Context, node_id: NodeId, state: bool) -> None:
        """Begin to turn secure boot on or off."""

    # -- console, RAID -----------------------------------------------------------------------------------------

    @exclusive("changing the console", since="1.1")
    def set_console_mode(self, context: Context, node_id: NodeId, enabled: bool) -> None:
        """Begin to open or close the node's console."""

    @shared("reading the console", since="1.1")
    def get_console_information(self, context: Context, node_id: NodeId) -> dict[str, Any]:
        """Return ``{"type": ..., "url": ...}``.

        :raises NodeConsoleNotEnabled: when the console is closed.
        """

    @shared("reading the console's log", since="1.5")
    def read_console_log(
        self,
        context: Context,
        node_id: NodeId,
        position: int,
        since: float | None,
        until: float | None,
    ) -> dict[str, Any]:
        """Return a part of the log of the node's console that this conductor has: ``{"records": [...], "position": of
        the next part, "complete": whether this was the end}``.

        :param position: 0, or ``position`` of the last answer.
        :param since: and ``until``: times, in seconds since 1970.
        """

    @shared("a token for the console", since="1.5")
    def issue_console_token(
        self, context: Context, node_id: NodeId, user: str, writes: bool, forces: bool
    ) -> dict[str, Any]:
        """Return ``{"token": ..., "expires_in": seconds}``, which lets somebody into the console once.

        :param user: who gets it, as others who watch see it.
        :param forces: whether they may take the right to write away from others.
        :raises NodeConsoleNotEnabled: when the console is closed.
        """

    @shared("reaching the console", since="1.5")
    def get_console_entrance(self, context: Context, node_id: NodeId) -> dict[str, Any]:
        """Return ``{"host", "port"}`` of the socket where such a token is shown.

        :raises NodeConsoleNotEnabled: when the console is closed.
        """

    @exclusive("setting the RAID target", since="1.1")
    def set_target_raid_config(
        self, context: Context, node_id: NodeId, target_raid_config: dict[str, Any]
    ) -> None:
        """Store the node's target RAID configuration; an empty one deletes it.

        :raises InvalidParameterValue: naming what is wrong with the configuration.
        """

    @unlocked(since="1.1")
    def get_raid_logical_disk_properties(
        self, context: Context, driver_name: str
    ) -> dict[str, str]:
        """Return ``{property of a logical disk: its meaning}``."""

    # -- management --------------------------------------------------------------------------------------------

    @exclusive("injecting an NMI", since="1.1", timeout=hardware)
    def inject_nmi(self, context: Context, node_id: NodeId) -> None:
        """Send the server a non-maskable interrupt."""

    @shared("indicators", since="1.1", timeout=hardware)
    def get_supported_indicators(
        self, context: Context, node_id: NodeId
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """Return ``{component: {indicator: {"readonly": bool, "states": [names]}}}``."""

    @shared("indicators", since="1.1", timeout=hardware)
    def get_indicator_state(
        self, context: Context, node_id: NodeId, component: str, indicator: str
    ) -> str:
        """Return the state of an indicator: ``on``, ``off`` or ``blinking``.

        :raises InvalidParameterValue: when there is no such component or indicator.
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
        """Begin to empty the virtual drives of these types; None: of all types."""

    @shared("virtual media", since="1.1", timeout=hardware)
    def get_virtual_media(self, context: Context, node_id: NodeId) -> list[dict[str, Any]]:
        """Return the contents of the virtual drives."""

    @exclusive("attaching a VIF", since="1.1")
    def vif_attach(self, context: Context, node_id: NodeId, vif: dict[str, Any]) -> None:
        """Attach a virtual interface to the node's instance."""

    @exclusive("detaching a VIF", since="1.1")
    def vif_detach(self, context: Context, node_id: NodeId, vif_id: str) -> None:
        """Detach a virtual interface from the node's instance."""

    @shared("listing VIFs", since="1.1")
    def vif_list(self, context: Context, node_id: NodeId) -> list[dict[str, Any]]:
        """Return the virtual interfaces of the node's instance."""

    @unlocked(since="1.3", away=Away.NOBODY_WAITS)
    def port_reported(self, context: Context, node_id: NodeId, port_id: str) -> None:
        """Wake the work that waits for a port of the node, because the network service has reported the port. The work
        also polls, so a lost message does no harm."""

    # -- vendor methods ----------------------------------------------------------------------------------------

    @shared("vendor methods", since="1.1")
    def get_node_vendor_passthru_methods(
        self, context: Context, node_id: NodeId
    ) -> dict[str, dict[str, Any]]:
        """Return ``{name: {"http_methods", "async", "description", "attach", "require_exclusive_lock"}}``."""

    @shared("vendor method {driver_method}", since="1.1", timeout=hardware)
    def vendor_passthru(
        self,
        context: Context,
        node_id: NodeId,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> dict[str, Any]:
        """Call a vendor method, under the node's exclusive lock if the method requires it.

        :returns: ``{"return": value, "async": bool, "attach": bool}``.
        :raises InvalidParameterValue: when there is no such method, or an argument does not fit.
        """

    @unlocked(since="1.1")
    def get_driver_vendor_passthru_methods(
        self, context: Context, driver_name: str
    ) -> dict[str, dict[str, Any]]:
        """Return the vendor methods of a hardware type, as :meth:`get_node_vendor_passthru_methods` does."""

    @unlocked(since="1.1", timeout=hardware)
    def driver_vendor_passthru(
        self,
        context: Context,
        driver_name: str,
        driver_method: str,
        http_method: str,
        info: dict[str, Any],
    ) -> dict[str, Any]:
        """Call a vendor method of a hardware type; returns and raises as :meth:`vendor_passthru` does."""
