# SPDX-License-Identifier: Apache-2.0
"""What inspection data says about which server it is from. It comes from the server's network: trust nothing."""

import contextlib
import dataclasses
import ipaddress
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.inspector.hooks import validate_interfaces

Data = Mapping[str, Any]

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_NO_MACS = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})
_MOST_TEXT = 100
_MOST_NICS = 128

_NO_SERIALS = frozenset(
    {
        "",
        "0",
        "123456789",
        "0123456789",
        "1234567890",
        "default string",
        "chassis serial number",
        "system serial number",
        "to be filled by o.e.m.",
        "not applicable",
        "not available",
        "not specified",
        "none",
        "null",
        "n/a",
        "na",
        "unknown",
        "empty",
        "oem",
        "o.e.m.",
        "invalid",
    }
)
"""What vendors leave in the field of the serial number."""

_NO_UUIDS = frozenset(
    {
        # A vendor of firmware has left its example in many boards.
        uuid.UUID("03000200-0400-0500-0006-000700080009"),
        uuid.UUID("12345678-1234-5678-90ab-cddeefaabbcc"),
        uuid.UUID(int=0),
        uuid.UUID(int=(1 << 128) - 1),
    }
)


@dataclasses.dataclass(frozen=True)
class Facts:
    """Which server some inspection data is from; None for what the data does not say.

    :param macs: the addresses of its network interfaces, in the order of the data.
    :param boot_mac: the one that it booted from.
    :param client_ids: ``{MAC address: DHCP client id}``, of Infiniband interfaces.
    """

    macs: tuple[str, ...]
    boot_mac: str | None
    client_ids: Mapping[str, str]
    bmc_address: str | None
    bmc_v6address: str | None
    bmc_mac: str | None
    system_uuid: str | None
    serial: str | None
    manufacturer: str | None
    product: str | None
    hostname: str | None

    @property
    def identity(self) -> dict[str, str | None]:
        """The identity by the keys of ``objects.server_identity``.

        The serial number begins with the manufacturer, because another one may use the same number. Loopback addresses
        identify no BMC.
        """
        serial = f"{self.manufacturer or ''} {self.serial}".strip() if self.serial else None
        return {
            "system_uuid": self.system_uuid,
            "serial": serial,
            "bmc_mac": self.bmc_mac,
            "bmc_address": _not_loopback(self.bmc_address),
            "bmc_v6address": _not_loopback(self.bmc_v6address),
        }

    @property
    def best_bmc(self) -> str | None:
        """The address to reach the BMC at."""
        return self.bmc_address or self.bmc_v6address

    @property
    def nics(self) -> list[dict[str, Any]]:
        """The server's ports: ``address``, ``pxe_enabled`` and ``extra``.

        If it is unknown which interface the server booted from, each may be.
        """
        return [
            {
                "address": mac,
                "pxe_enabled": self.boot_mac is None or mac == self.boot_mac,
                "extra": {"client-id": self.client_ids[mac]} if mac in self.client_ids else {},
            }
            for mac in self.macs
        ]

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.manufacturer, self.product)))
        parts = [what or "a server of an unknown make"]
        if self.serial:
            parts.append(f"serial number {self.serial}")
        if self.system_uuid:
            parts.append(f"system UUID {self.system_uuid}")
        if self.best_bmc:
            parts.append(f"BMC {self.best_bmc}")
        return ", ".join(parts)


def of(inventory: Data, system_uuid: str | None = None) -> Facts:
    """Read the facts from an inventory.

    :param system_uuid: the SMBIOS UUID that the firmware has told; the agent's inventory lacks it.
    """
    interfaces = inventory.get("interfaces")
    known = list(_interfaces(interfaces if isinstance(interfaces, list) else ()))
    boot = _section(inventory, "boot").get("pxe_interface")
    boot_mac = validate_interfaces.pxe_mac(boot)
    macs = tuple(dict.fromkeys(mac for mac, _ in known))
    vendor = _section(inventory, "system_vendor")
    own_uuid = vendor.get("system_uuid") or inventory.get("system_uuid")
    serial = text(vendor.get("serial_number"))
    return Facts(
        macs=macs,
        boot_mac=boot_mac if boot_mac in macs else None,
        client_ids={mac: found for mac, nic in known if (found := text(nic.get("client_id")))},
        bmc_address=address(inventory.get("bmc_address"), 4),
        bmc_v6address=address(inventory.get("bmc_v6address"), 6),
        bmc_mac=_mac(inventory.get("bmc_mac")),
        system_uuid=smbios_uuid(system_uuid) or smbios_uuid(own_uuid),
        serial=None if serial is None or serial.lower() in _NO_SERIALS else serial,
        manufacturer=text(vendor.get("manufacturer")),
        product=text(vendor.get("product_name")),
        hostname=text(inventory.get("hostname")),
    )


def _interfaces(reported: Sequence[Any]) -> Iterator[tuple[str, Data]]:
    for nic in reported[:_MOST_NICS]:
        if (
            isinstance(nic, dict)
            and nic.get("name") != "lo"
            and (mac := _mac(nic.get("mac_address")))
        ):
            yield mac, nic


def _section(inventory: Data, name: str) -> Data:
    found = inventory.get(name)
    return found if isinstance(found, dict) else {}


def _mac(reported: Any) -> str | None:
    mac = reported.strip().lower() if isinstance(reported, str) else ""
    return mac if _MAC.fullmatch(mac) and mac not in _NO_MACS else None


def text(reported: Any) -> str | None:
    """Return one line of printable text, at most 100 characters; None when nothing is left."""
    if not isinstance(reported, str):
        return None
    kept = "".join(char if char.isprintable() else " " for char in reported[: 4 * _MOST_TEXT])
    return " ".join(kept.split())[:_MOST_TEXT].strip() or None


def smbios_uuid(reported: Any) -> str | None:
    """Return a system UUID; None for one that is none, or that many servers share."""
    if isinstance(reported, str) and len(reported) <= 64:
        with contextlib.suppress(ValueError):
            found = uuid.UUID(reported.strip())
            return None if found in _NO_UUIDS else str(found)
    return None


def address(reported: Any, version: int) -> str | None:
    """Return the address of a BMC, if it can be one and is in ``[auto_discovery] bmc_networks``.

    Agents report unspecified addresses of BMCs that have none, also with a prefix length.
    """
    if not isinstance(reported, str):
        return None
    try:
        found = ipaddress.ip_address(reported.partition("/")[0].strip())
    except ValueError:
        return None
    if found.version != version or found.is_unspecified or found.is_multicast:
        return None
    if found.is_link_local or getattr(found, "scope_id", None):
        return None
    networks = [
        ipaddress.ip_network(each, strict=False) for each in CONF.auto_discovery.bmc_networks
    ]
    if networks and not any(found.version == net.version and found in net for net in networks):
        return None
    return str(found)


def _not_loopback(reported: str | None) -> str | None:
    return None if reported is None or ipaddress.ip_address(reported).is_loopback else reported
