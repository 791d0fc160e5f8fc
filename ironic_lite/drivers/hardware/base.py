# SPDX-License-Identifier: Apache-2.0
"""What a hardware type declares: the interfaces that work on such servers, the preferred one first."""

from typing import ClassVar


class HardwareType:
    """A family of servers.

    ``supported`` names, for each interface type, the implementations that may be used, best first: a node that
    names none gets the first one that the conductor has enabled. The optional kinds need not be listed; their
    ``no-*`` implementation always fits.
    """

    supported: ClassVar[dict[str, tuple[str, ...]]] = {}

    _OPTIONAL: ClassVar[dict[str, tuple[str, ...]]] = {
        "bios": ("no-bios",),
        "console": ("no-console",),
        "firmware": ("no-firmware",),
        "inspect": ("no-inspect",),
        "network": ("noop",),
        "raid": ("no-raid",),
        "rescue": ("no-rescue",),
        "storage": ("noop",),
        "vendor": ("no-vendor",),
    }

    def supported_interfaces(self, interface_type: str) -> tuple[str, ...]:
        """Names of the implementations that fit, best first."""
        own = self.supported.get(interface_type, ())
        return own + tuple(n for n in self._OPTIONAL.get(interface_type, ()) if n not in own)
