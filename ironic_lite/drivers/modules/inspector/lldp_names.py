# SPDX-License-Identifier: Apache-2.0
"""Names of LLDP's bits and numbers: IEEE 802.1AB-2016 table 8-4, RFC 4836 (IANAifMauAutoNegCapBits and
ifMauType). The names are Ironic's."""

_SYSTEM = (
    "Other",
    "Repeater",
    "Bridge",
    "WLAN",
    "Router",
    "Telephone",
    "DOCSIS cable device",
    "Station only",
    "C-Vlan",
    "S-Vlan",
    "TPMR",
)
"""By bit, lowest first."""

_OFFERED = (
    "other",
    "10BASE-T hdx",
    "10BASE-T fdx",
    "10BASE-T4",
    "100BASE-TX hdx",
    "100BASE-TX fdx",
    "100BASE-T2 hdx",
    "100BASE-T2 fdx",
    "PAUSE fdx",
    "Asym PAUSE fdx",
    "Sym PAUSE fdx",
    "Asym and Sym PAUSE fdx",
    "1000BASE-X hdx",
    "1000BASE-X fdx",
    "1000BASE-T hdx",
    "1000BASE-T fdx",
)
"""By bit, highest first. The first bit has no meaning."""


def _both(name: str) -> tuple[str, str]:
    return f"{name} half duplex", f"{name} full duplex"


MAU_TYPES = dict(
    enumerate(
        (
            "Unknown",
            "AUI",
            "10BASE-5",
            "FOIRL",
            "10BASE-2",
            "10BASE-T duplex mode unknown",
            "10BASE-FP",
            "10BASE-FB",
            "10BASE-FL duplex mode unknown",
            "10BROAD36",
            *_both("10BASE-T"),
            *_both("10BASE-FL"),
            "100BASE-T4",
            *_both("100BASE-TX"),
            *_both("100BASE-FX"),
            *_both("100BASE-T2"),
            *_both("1000BASE-X"),
            *_both("1000BASE-LX"),
            *_both("1000BASE-SX"),
            *_both("1000BASE-CX"),
            *_both("1000BASE-T"),
            *(f"10GBASE-{kind}" for kind in ("X", "LX4", "R", "ER", "LR", "SR")),
            *(f"10GBASE-{kind}" for kind in ("W", "EW", "LW", "SW", "CX4")),
            "2BASE-TL",
            "10PASS-TS",
            *(f"100BASE-{kind}" for kind in ("BX10D", "BX10U", "LX10")),
            *(f"1000BASE-{kind}" for kind in ("BX10D", "BX10U", "LX10")),
            *(f"1000BASE-{kind}" for kind in ("PX10D", "PX10U", "PX20D", "PX20U")),
        )
    )
)
"""Types of medium attachment unit (MAU) by number."""


def capabilities(bits: int) -> list[str]:
    return [name for place, name in enumerate(_SYSTEM) if bits & 1 << place]


def physical_capabilities(bits: int) -> list[str]:
    """Return the names of the modes that a port offers in autonegotiation, sorted."""
    return sorted(name for place, name in enumerate(_OFFERED) if place and bits & 0x8000 >> place)
