# SPDX-License-Identifier: Apache-2.0
"""The network cards of a virtual server."""

import dataclasses

MAX_NICS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Nic:
    """A network card: its name in an operating system, its MAC address, and the switch port that its cable goes to."""

    name: str
    mac: str
    switch_port: str


def nics_of(server: int, count: int) -> tuple[Nic, ...]:
    """Return the NICs of a server. NIC n of server N is cabled to ``Ethernet<n+1>/<N>``."""
    low = f"{server >> 16:02x}:{server >> 8 & 0xFF:02x}:{server & 0xFF:02x}"
    return tuple(
        Nic(f"eth{number}", f"52:54:{number:02x}:{low}", f"Ethernet{number + 1}/{server}")
        for number in range(count)
    )
