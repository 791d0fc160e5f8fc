# SPDX-License-Identifier: Apache-2.0
"""Option types that oslo.config lacks."""

import ipaddress
import socket
import urllib.parse
from typing import Any

from oslo_config import types


def is_wildcard(host: str) -> bool:
    """Return whether a host is an address to listen on, such as 0.0.0.0, 0 or ::, which clients cannot connect to."""
    try:
        # It takes the short and hexadecimal forms of IPv4 addresses too.
        return socket.inet_aton(host) == bytes(4)
    except OSError:
        pass
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return (address.ipv4_mapped or address).is_unspecified


class Kind(types.ConfigType):
    """Base of the option types."""

    def __init__(self, type_name: str | None = None) -> None:
        super().__init__(type_name=type_name or type(self).__name__)

    def __repr__(self) -> str:
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def _formatter(self, value: Any) -> str:
        return str(value)


class Network(Kind):
    """A network, or a single address, as an :mod:`ipaddress` object."""

    def __call__(self, value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """:raises ValueError: when the value is not a network or address."""
        if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return value
        try:
            return ipaddress.ip_network(str(value).strip())
        except ValueError as exc:
            raise ValueError(
                f"{exc}; write networks as 10.0.0.0/8 or fd00::/8, separated by commas"
            ) from exc


class WebAddress(Kind):
    """The root of a web service: an http or https URL without query and fragment, and without credentials."""

    def __call__(self, value: Any) -> str:
        """:raises ValueError: when the value has another form."""
        text = str(value).strip()
        if not self._is_one(text):
            raise ValueError(
                "use a URL such as http://HOST:PORT or https://HOST, without query and credentials"
            )
        return text

    @staticmethod
    def _is_one(text: str) -> bool:
        try:
            parts = urllib.parse.urlsplit(text)
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            return False
        host = parts.hostname or ""
        return (
            known
            and text.isascii()
            and text.isprintable()
            and not any(c in text for c in " ?#@$\\")
            and not is_wildcard(host)
        )
