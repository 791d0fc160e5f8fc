# SPDX-License-Identifier: Apache-2.0
"""What a switch announces about itself and its port (LLDP: IEEE 802.1AB, and the extensions of 802.1 and 802.3).

The ramdisk passes on frames that anybody on the wire may have sent. So the code checks every length and skips what is
malformed. Of two values of the same type the first one counts, as in Ironic.
"""

import ipaddress
import re
import struct
from collections.abc import Iterator
from typing import Any

from ironic_lite.drivers.modules.inspector import lldp_names

MAX_TLVS = 256
MAX_LENGTH = 511
"""Maximum bytes of one value: the length of a TLV has nine bits."""

_MAX_LISTED = 64

_CHASSIS_ID, _PORT_ID, _PORT_DESCRIPTION, _SYSTEM_NAME, _SYSTEM_DESCRIPTION = 1, 2, 4, 5, 6
_CAPABILITIES, _MANAGEMENT_ADDRESS, _ORGANISATION = 7, 8, 127

_TEXTS = {
    _PORT_DESCRIPTION: "switch_port_description",
    _SYSTEM_NAME: "switch_system_name",
    _SYSTEM_DESCRIPTION: "switch_system_description",
}

_LINE_BREAKS = re.compile(r"[\r\n\t]")

_DOT1, _DOT3 = b"\x00\x80\xc2", b"\x00\x12\x0f"


class _Malformed(Exception):
    pass


def parse(raw: Any) -> dict[str, Any]:
    """Read the TLVs of one network interface.

    :param raw: ``[[type, value in hexadecimal digits], ...]`` as the agent sends them.
    :returns: the values that could be read, under Ironic's names.
    """
    found: dict[str, Any] = {}
    for kind, value in _values(raw):
        try:
            _read(found, kind, value)
        except (_Malformed, ValueError, struct.error):
            continue
    return found


def _values(raw: Any) -> Iterator[tuple[int, bytes]]:
    for item in raw[:MAX_TLVS] if isinstance(raw, list) else ():
        if not isinstance(item, list) or len(item) != 2:
            continue
        kind, text = item
        if not isinstance(kind, int) or not isinstance(text, str) or len(text) > 2 * MAX_LENGTH:
            continue
        try:
            value = bytes.fromhex(text)
        except ValueError:
            continue
        if value:
            yield kind, value


def _read(found: dict[str, Any], kind: int, value: bytes) -> None:
    if kind in _TEXTS:
        found.setdefault(_TEXTS[kind], _text(value))
    elif kind == _CHASSIS_ID:
        found.setdefault("switch_chassis_id", _identifier(value, mac=4, address=5))
    elif kind == _PORT_ID:
        found.setdefault("switch_port_id", _identifier(value, mac=3, address=4))
    elif kind == _CAPABILITIES:
        supported, enabled = struct.unpack("!HH", value[:4])
        found.setdefault("switch_capabilities_support", lldp_names.capabilities(supported))
        found.setdefault("switch_capabilities_enabled", lldp_names.capabilities(enabled))
    elif kind == _MANAGEMENT_ADDRESS:
        _append(found, "switch_mgmt_addresses", _counted_address(value))
    elif kind == _ORGANISATION and len(value) > 4:
        read = {_DOT1: _read_dot1, _DOT3: _read_dot3}.get(value[:3])
        if read is not None:
            read(found, value[3], value[4:])


def _read_dot1(found: dict[str, Any], subtype: int, value: bytes) -> None:
    if subtype == 1:
        found.setdefault("switch_port_untagged_vlan_id", _number(value))
    elif subtype == 2:
        flags, number = struct.unpack("!BH", value[:3])
        found.setdefault("switch_port_protocol_vlan_support", bool(flags & 2))
        found.setdefault("switch_port_protocol_vlan_enabled", bool(flags & 4))
        _append(found, "switch_port_protocol_vlan_ids", number)
    elif subtype == 3:
        number, length = struct.unpack("!HB", value[:3])
        name = _exactly(value[3:], length)
        _append(found, "switch_port_vlans", {"id": number, "name": _text(name)})
    elif subtype == 4:
        identity = _exactly(value[1:], value[0])
        _append(found, "switch_protocol_identities", identity.hex())
    elif subtype == 6:
        found.setdefault("switch_port_management_vlan_id", _number(value))
    elif subtype == 7:
        _read_aggregation(found, value)


def _read_dot3(found: dict[str, Any], subtype: int, value: bytes) -> None:
    if subtype == 1:
        status, offered, mau = struct.unpack("!BHH", value[:5])
        found.setdefault("switch_port_autonegotiation_support", bool(status & 1))
        found.setdefault("switch_port_autonegotiation_enabled", bool(status & 2))
        found.setdefault(
            "switch_port_physical_capabilities", lldp_names.physical_capabilities(offered)
        )
        # Skip a type that is newer than the list; the other values are still good.
        if mau in lldp_names.MAU_TYPES:
            found.setdefault("switch_port_mau_type", lldp_names.MAU_TYPES[mau])
    elif subtype == 3:
        _read_aggregation(found, value)
    elif subtype == 4:
        found.setdefault("switch_port_mtu", _number(value))


def _read_aggregation(found: dict[str, Any], value: bytes) -> None:
    status, port = struct.unpack("!BI", value[:5])
    found.setdefault("switch_port_link_aggregation_support", bool(status & 1))
    found.setdefault("switch_port_link_aggregation_enabled", bool(status & 2))
    found.setdefault("switch_port_link_aggregation_id", port)


def _append(found: dict[str, Any], key: str, item: Any) -> None:
    listed = found.setdefault(key, [])
    if len(listed) < _MAX_LISTED and item not in listed:
        listed.append(item)


def _exactly(value: bytes, length: int) -> bytes:
    if len(value) < length:
        raise _Malformed
    return value[:length]


def _number(value: bytes) -> int:
    (number,) = struct.unpack("!H", value[:2])
    return int(number)


def _text(value: bytes) -> str:
    """Return a text of one or more lines; refuse control characters, which could control a terminal."""
    text = value.rstrip(b"\0").decode()
    if not _LINE_BREAKS.sub("", text).isprintable():
        raise _Malformed
    return text


def _identifier(value: bytes, mac: int, address: int) -> str:
    """Return a chassis or port id; its first byte is its subtype.

    :param mac: the subtype that is a MAC address.
    :param address: the subtype that is a network address.
    """
    subtype, rest = value[0], value[1:]
    if subtype == mac:
        if len(rest) != 6:
            raise _Malformed
        return rest.hex(":")
    if subtype == address:
        return _address(rest)
    return _text(rest)


def _address(value: bytes) -> str:
    """Return an address; its first byte is the family (1: IPv4, 2: IPv6, 6: MAC)."""
    family, rest = value[0], value[1:]
    if (family, len(rest)) == (6, 6):
        return rest.hex(":")
    if (family, len(rest)) not in ((1, 4), (2, 16)):
        raise _Malformed
    return str(ipaddress.ip_address(rest))


def _counted_address(value: bytes) -> str:
    length = value[0]
    if length < 2:
        raise _Malformed
    return _address(_exactly(value[1:], length))
