# SPDX-License-Identifier: Apache-2.0
"""Servers without a BMC that we can use: a person presses the buttons."""

from ironic_lite.drivers.hardware.base import HardwareType


class ManualManagementHardware(HardwareType):
    """Power is taken as it is asked for; boot devices are the operator's business."""

    supported = {
        "boot": ("ipxe", "pxe"),
        "deploy": ("direct", "ramdisk", "custom-agent", "noop"),
        "inspect": ("agent",),
        "management": ("noop",),
        "power": ("fake",),
        "rescue": ("no-rescue", "agent"),
    }
