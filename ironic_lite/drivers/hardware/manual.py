# SPDX-License-Identifier: Apache-2.0
"""Servers without a usable BMC: a person presses the buttons."""

from ironic_lite.drivers.hardware.base import HardwareType


class ManualManagementHardware(HardwareType):
    """Records the requested power state; the operator sets boot devices by hand."""

    supported = {
        "boot": ("ipxe", "pxe"),
        "console": ("no-console", "terminal-server"),
        "deploy": ("direct", "ramdisk", "custom-agent", "noop"),
        "inspect": ("agent",),
        "management": ("noop",),
        "power": ("fake",),
        "raid": ("no-raid", "agent"),
        "rescue": ("no-rescue", "agent"),
    }
