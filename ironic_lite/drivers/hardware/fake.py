# SPDX-License-Identifier: Apache-2.0
"""The fake hardware: for tests, benchmarks and trying things out."""

from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.drivers.hardware.base import HardwareType


class FakeHardware(HardwareType):
    """Supports ``fake`` for every interface, and every real interface."""

    supported = {
        **{kind: ("fake",) for kind in INTERFACE_TYPES if kind not in ("network", "storage")},
        "boot": ("fake", "ipxe", "pxe"),
        "console": ("fake", "terminal-server"),
        "deploy": ("fake", "direct", "ramdisk", "custom-agent", "noop"),
        "inspect": ("fake", "agent"),
        "management": ("fake", "noop"),
        "raid": ("fake", "agent"),
        "rescue": ("fake", "agent"),
        "storage": ("noop", "fake"),
    }
