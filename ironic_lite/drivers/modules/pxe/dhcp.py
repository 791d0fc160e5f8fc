# SPDX-License-Identifier: Apache-2.0
"""The DHCP options that lead a server to its boot script: firmware gets iPXE by TFTP, iPXE gets the script by HTTP.

dnsmasq, which Neutron's DHCP agents run, recognises iPXE by option 175 and tags its requests ``ipxe`` or ``ipxe6``.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers import api_address, boot_mode
from ironic_lite.drivers.interfaces.network import DHCPOption

SCRIPT = "/boot.ipxe"
"""Path of the script that asks for the node's own."""

_LONGEST = 255
"""Characters of a value that Neutron stores."""

# RFC 2132, RFC 5859, RFC 5970; 255 is how dnsmasq gets the address for the field siaddr.
_BOOT_FILE, _BOOT_FILE_6, _TFTP_NAME, _TFTP_ADDRESS, _SERVER_ADDRESS = (
    "67",
    "59",
    "66",
    "150",
    "255",
)


def options(node: Any) -> list[DHCPOption]:
    """Return the options for a node, of IPv4 and of IPv6.

    :raises InvalidParameterValue: when a value is too long, or the API has no address that servers reach.
    """
    script = f"{api_address.url()}{SCRIPT}"
    file = _file(node)
    found = [
        DHCPOption(4, f"tag:ipxe,{_BOOT_FILE}", script),
        DHCPOption(6, f"tag:ipxe6,{_BOOT_FILE_6}", script),
    ]
    server = _server(4)
    if server is not None:
        found.append(DHCPOption(4, f"tag:!ipxe,{_BOOT_FILE}", file))
        found += [
            DHCPOption(4, name, server) for name in (_TFTP_NAME, _TFTP_ADDRESS, _SERVER_ADDRESS)
        ]
    server = _server(6)
    if server is not None:
        url = f"tftp://[{server}]/{file}"
        found.append(DHCPOption(6, f"tag:!ipxe6,{_BOOT_FILE_6}", url))
    for option in found:
        if len(option.value) > _LONGEST:
            raise exception.InvalidParameterValue(
                err=f"DHCP option {option.name} would have {len(option.value)} characters; Neutron stores {_LONGEST}. "
                "Shorten [api] public_endpoint, or the boot file's name in [pxe]."
            )
    return found


def _file(node: Any) -> str:
    """Return the name of the iPXE binary for the node's firmware."""
    architecture = node.properties.get("cpu_arch")
    mode = boot_mode.of(node)
    by_architecture = CONF.pxe.ipxe_bootfile_name_by_arch
    for key in (f"{architecture}-{mode}", architecture):
        if key in by_architecture:
            return str(by_architecture[key])
    if mode == boot_mode.UEFI:
        return str(CONF.pxe.uefi_ipxe_bootfile_name)
    return str(CONF.pxe.ipxe_bootfile_name)


def _server(version: int) -> str | None:
    """Return the address of the TFTP server: the configured one of this IP version, else that of the API."""
    configured = [CONF.pxe.tftp_server, CONF.pxe.tftp_server_ipv6]
    for candidate in (*configured, urlsplit(api_address.url()).hostname):
        try:
            if candidate and ipaddress.ip_address(candidate).version == version:
                return str(candidate)
        except ValueError:
            continue
    return None
