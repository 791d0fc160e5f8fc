# SPDX-License-Identifier: Apache-2.0
"""The contract of hardware types: each declares its supported interfaces, the preferred one first."""

from typing import ClassVar


class HardwareType:
    """A family of servers.

    ``supported`` has, for each interface type, the names of the implementations, best first: a node that sets
    none gets the first one that the conductor has enabled. Optional interface types may be omitted; their
    ``no-*`` implementation is always supported.
    """

    supported: ClassVar[dict[str, tuple[str, ...]]] = {}

    _OPTIONAL: ClassVar[dict[str, tuple[str, ...]]] = {
        "bios": ("no-bios",),
        "console": ("no-console",),
        "firmware": ("no-firmware",),
        "inspect": ("no-inspect",),
        "network": ("flat", "neutron", "noop"),
        "raid": ("no-raid",),
        "rescue": ("no-rescue",),
        "storage": ("noop", "cinder", "external"),
        "vendor": ("no-vendor",),
    }

    def supported_interfaces(self, interface_type: str) -> tuple[str, ...]:
        """Return the names of the supported implementations, best first."""
        own = self.supported.get(interface_type, ())
        return own + tuple(n for n in self._OPTIONAL.get(interface_type, ()) if n not in own)
