# SPDX-License-Identifier: Apache-2.0
"""Options of the addresses that the service connects to because somebody named them."""

import ipaddress
from typing import Any

from oslo_config import cfg, types

GROUP = "outbound"


class Network(types.ConfigType):
    """A network, or a single address, as :mod:`ipaddress` has it."""

    def __init__(self) -> None:
        super().__init__(type_name="network")

    def __call__(self, value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """:raises ValueError: when it is neither."""
        if isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return value
        try:
            return ipaddress.ip_network(str(value).strip())
        except ValueError as exc:
            raise ValueError(
                f"'{value}' is no network ({exc}); write networks as 10.0.0.0/8 or fd00::/8, with commas between them"
            ) from exc

    def __repr__(self) -> str:
        return "Network"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network)

    def __hash__(self) -> int:
        return hash(Network)

    def _formatter(self, value: Any) -> str:
        return str(value)


OPTS = [
    cfg.ListOpt(
        "denied_networks",
        item_type=Network(),
        default=[],
        help="Networks that nobody may have the service connect to by naming a URL (an image, a checksum, a ramdisk, "
        "an agent's callback, a call of an inspection rule), besides those that are denied anyway: loopback, "
        "link-local, multicast, reserved and unspecified addresses, clouds' metadata services, and IPv6 addresses "
        "that stand for such a one. Name the networks of BMCs, databases and brokers here; ipmi_address is not "
        "looked up here.",
    ),
    cfg.ListOpt(
        "allowed_networks",
        item_type=Network(),
        default=[],
        help="Networks that are allowed though they are denied otherwise, also by denied_networks. For a virtual rack "
        "on the same machine: 127.0.0.0/8.",
    ),
]
