# SPDX-License-Identifier: Apache-2.0
"""Options of the addresses that the service may connect to on behalf of others."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "outbound"


OPTS = [
    cfg.ListOpt(
        "denied_networks",
        item_type=kinds.Network(),
        default=[],
        help="Networks that the service must not connect to when somebody names a URL there (an image, a checksum, a "
        "ramdisk, an agent's callback, a call of an inspection rule). Loopback, link-local, multicast, reserved and "
        "unspecified addresses, metadata services of clouds, and IPv6 addresses that are translated to such an address "
        "are always denied. Set this to the networks of BMCs, databases and brokers; ipmi_address is not checked "
        "against it.",
    ),
    cfg.ListOpt(
        "allowed_networks",
        item_type=kinds.Network(),
        default=[],
        help="Networks that are allowed although they would be denied, also by denied_networks. For a virtual rack "
        "on the same machine: 127.0.0.0/8.",
    ),
]
