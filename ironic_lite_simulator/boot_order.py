# SPDX-License-Identifier: Apache-2.0
"""The order in which firmware tries the boot devices."""

from ironic_lite_simulator.bmc.boot_options import BootOverride

# The firmware's own boot order, without an override by the BMC.
FIRMWARE_ORDER = ("disk", "pxe")


def boot_order(override: BootOverride | None) -> tuple[str, ...]:
    """Return the devices to try, of ``pxe``, ``disk`` and ``bios`` (the firmware's setup)."""
    match override.device if override else "default":
        case "pxe":
            return ("pxe", "disk")
        case "disk":
            return ("disk",)
        case "bios":
            return ("bios",)
        case _:
            # The other drives hold no medium, so the firmware uses its own order.
            return FIRMWARE_ORDER
