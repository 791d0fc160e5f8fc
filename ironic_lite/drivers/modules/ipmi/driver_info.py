# SPDX-License-Identifier: Apache-2.0
"""The BMC settings in a node's ``driver_info``, checked."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception
from ironic_lite.common.outbound import addresses
from ironic_lite.conf import CONF
from ironic_lite.drivers.refused_fields import Refused

DEFAULT_PORT = 623
PRIVILEGES = {"CALLBACK": 1, "USER": 2, "OPERATOR": 3, "ADMINISTRATOR": 4}
"""Privilege levels and their numbers on the wire (IPMI 2.0 section 22.18)."""
CIPHER_SUITES = (3, 17)
"""Supported cipher suites: RAKP-HMAC-SHA1 and -SHA256, both with AES-CBC-128 (table 22-20)."""

MAX_USERNAME = 16
MAX_PASSWORD = 20
MAX_KG = 20

COMMON_PROPERTIES = {
    "ipmi_address": "IP address or host name of the BMC. Required.",
    "ipmi_port": f"UDP port of the BMC; default is {DEFAULT_PORT}. Optional.",
    "ipmi_username": "User name for the BMC; an empty name is sent when unset. Optional.",
    "ipmi_password": "Password for the BMC; an empty password is sent when unset. Optional.",
    "ipmi_priv_level": "Privilege level of the session; default is ADMINISTRATOR. One of ADMINISTRATOR, OPERATOR, "
    "USER, CALLBACK. Optional.",
    "ipmi_cipher_suite": "Cipher suite of the session; when unset, 17 is tried first and then 3. One of 3, 17. "
    "Optional.",
    "ipmi_protocol_version": 'IPMI version; default is "2.0". One of "2.0". Optional.',
    "ipmi_force_boot_device": "Whether to set the boot device before each power-on, for BMCs that do not keep it; "
    "default is false. One of true, false. Optional.",
    "ipmi_disable_boot_timeout": "Whether to ask the BMC to keep a boot device for more than 60 s; when unset, "
    "[ipmi] disable_boot_timeout applies. One of true, false. Optional.",
    "ipmi_hex_kg_key": "Key of the BMC (Kg) in hexadecimal, two digits per byte, at most 40 digits; a shorter key is "
    "padded with zeros. Optional.",
    "ipmi_terminal_port": "TCP port of the conductor for the node's serial console; when unset, one of [console] "
    "port_range. Optional.",
}
"""Names of the ``driver_info`` fields read here, and what each is for."""

PREFIX = "ipmi_"

_BRIDGING = Refused(
    "Bridged requests are not supported: set ipmi_address to the address of the server's own BMC.",
    harmless=(None, "", "no"),
)
REFUSED = {
    "ipmi_bridging": _BRIDGING,
    **dict.fromkeys(
        (
            "ipmi_local_address",
            "ipmi_target_address",
            "ipmi_target_channel",
            "ipmi_transit_address",
            "ipmi_transit_channel",
        ),
        Refused("It is for bridged requests, which are not supported; remove it."),
    ),
    # Metal3 sets it to false for every host with disableCertificateVerification, whatever its BMC speaks.
    "ipmi_verify_ca": Refused(
        "IPMI has no certificates to verify; remove it.",
        harmless=(None, "", False, "False", "false"),
    ),
}
"""Fields that Ironic or its clients know and this driver refuses instead of ignoring them."""

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_KG = re.compile(r"(0[xX])?((?:[0-9a-fA-F]{2}){1,20})")


@dataclasses.dataclass(frozen=True)
class ConnectionInfo:
    """Address and credentials of a BMC. Equal ones can share a session; ``repr`` hides the secrets."""

    address: str
    port: int = DEFAULT_PORT
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    privilege: str = "ADMINISTRATOR"
    cipher_suite: int | None = None
    kg: bytes | None = dataclasses.field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        """``address:port`` for messages, with brackets around an IPv6 address."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def parse(driver_info: Mapping[str, Any]) -> ConnectionInfo:
    """Read and check the fields of ``COMMON_PROPERTIES``.

    :raises MissingParameterValue: without ``ipmi_address``.
    :raises InvalidParameterValue: when a field is wrong; the message names it and its possible values.
    """
    _refuse_unsupported(driver_info)
    for name in ("ipmi_force_boot_device", "ipmi_disable_boot_timeout"):
        flag(driver_info, name, False)
    return ConnectionInfo(
        address=_address(driver_info.get("ipmi_address")),
        port=_port(driver_info.get("ipmi_port")),
        username=_secret_text(driver_info, "ipmi_username", MAX_USERNAME),
        password=_secret_text(driver_info, "ipmi_password", MAX_PASSWORD),
        privilege=_privilege(driver_info.get("ipmi_priv_level")),
        cipher_suite=_cipher_suite(driver_info.get("ipmi_cipher_suite")),
        kg=_kg(driver_info.get("ipmi_hex_kg_key")),
    )


def flag(driver_info: Mapping[str, Any], name: str, default: bool) -> bool:
    """Return a boolean of ``driver_info``, in any of the forms that Ironic accepts.

    :raises InvalidParameterValue: when the value is not a boolean.
    """
    value = driver_info.get(name)
    if value in (None, ""):
        return default
    try:
        return bool(strutils.bool_from_string(value, strict=True))
    except ValueError:
        raise _invalid(f"{name} is '{value}'; it must be true or false.") from None


def _invalid(message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=message)


def _refuse_unsupported(driver_info: Mapping[str, Any]) -> None:
    version = driver_info.get("ipmi_protocol_version")
    if version not in (None, "") and str(version) not in ("2.0", "2"):
        raise _invalid(
            f"ipmi_protocol_version is '{version}', but only 2.0 is supported: version 1.5 sends "
            "commands unencrypted. Remove the field, or enable IPMI 2.0 on the BMC."
        )
    bridging = driver_info.get("ipmi_bridging")
    if bridging not in (None, "", "no"):
        # Ignoring the field would change power of another machine.
        raise _invalid(f"ipmi_bridging is '{bridging}', but bridged requests are not supported.")


def _address(value: Any) -> str:
    if value in (None, ""):
        raise exception.MissingParameterValue(
            err="ipmi_address is missing from driver_info; set it to the IP address or host name of the BMC."
        )
    address = str(value).strip().removeprefix("[").removesuffix("]")
    try:
        kind = addresses.nobodys(addresses.parse(address))
        if kind is not None:
            raise _invalid(f"ipmi_address is '{value}', {kind}, which no BMC has.")
    except ValueError:
        looks_like_ip = re.fullmatch(r"[0-9.]+", address)
        if looks_like_ip or len(address) > 253 or not _HOST_NAME.fullmatch(address):
            raise _invalid(
                f"ipmi_address is '{value}', which is neither an IP address nor a host name."
            ) from None
    return address


def _port(value: Any) -> int:
    if value in (None, ""):
        return DEFAULT_PORT
    try:
        port = int(str(value))
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise _invalid(f"ipmi_port is '{value}'; it must be a number from 1 to 65535.")
    return port


def _secret_text(driver_info: Mapping[str, Any], name: str, limit: int) -> str:
    value = driver_info.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        # The text is lost: clients send 1.10, 1e5 and true without quotes as JSON values.
        raise _invalid(
            f"{name} must be text, but was sent as another JSON value. Put it in double quotes that the shell keeps: "
            f"--driver-info '{name}=\"...\"'."
        )
    text = "" if value is None else str(value)
    if len(text.encode()) > limit:
        raise _invalid(f"{name} is longer than the {limit} bytes that IPMI allows.")
    return text


def _privilege(value: Any) -> str:
    if value in (None, ""):
        return "ADMINISTRATOR"
    name = str(value).strip().upper()
    if name not in PRIVILEGES:
        raise _invalid(f"ipmi_priv_level is '{value}'; it must be one of {', '.join(PRIVILEGES)}.")
    return name


def _cipher_suite(value: Any) -> int | None:
    if value in (None, ""):
        allowed = set(CONF.ipmi.cipher_suite_versions)
        return allowed.pop() if len(allowed) == 1 else None
    try:
        suite = int(str(value))
    except ValueError:
        raise _invalid(
            f"ipmi_cipher_suite is '{value}'; it must be the number of a suite."
        ) from None
    if suite not in CIPHER_SUITES:
        raise _invalid(
            f"ipmi_cipher_suite is {suite}, but only 3 and 17 (encrypted and authenticated) are supported. "
            "Remove the field to let the two be tried in turn."
        )
    return suite


def _kg(value: Any) -> bytes | None:
    if value in (None, ""):
        return None
    match = _KG.fullmatch(str(value))
    if not match:
        raise _invalid("ipmi_hex_kg_key must be an even number of hexadecimal digits, at most 40.")
    return bytes.fromhex(match[2]).ljust(MAX_KG, b"\0")
