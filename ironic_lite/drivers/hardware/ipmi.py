# SPDX-License-Identifier: Apache-2.0
"""Servers with an IPMI 2.0 BMC."""

from ironic_lite.drivers.hardware.base import HardwareType


class IPMIHardware(HardwareType):
    """Power and boot device over IPMI, deployment through the agent."""

    supported = {
        "boot": ("ipxe", "pxe"),
        "console": (
            "ipmi-sol",
            "ipmitool-socat",
            "ipmitool-shellinabox",
            "terminal-server",
            "no-console",
        ),
        "deploy": ("direct", "ramdisk", "custom-agent"),
        "inspect": ("agent",),
        "management": ("pyghmi", "ipmitool", "noop"),
        "power": ("pyghmi", "ipmitool"),
        "raid": ("no-raid", "agent"),
        "rescue": ("no-rescue", "agent"),
    }
