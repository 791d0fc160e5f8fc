# SPDX-License-Identifier: Apache-2.0
"""Options of the addresses that the service connects to because somebody named them."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "outbound"


OPTS = [
    cfg.ListOpt(
        "denied_networks",
        item_type=kinds.Network(),
        default=[],
        help="Networks that nobody may have the service connect to by naming a URL (an image, a checksum, a ramdisk, "
        "an agent's callback, a call of an inspection rule), besides those that are denied anyway: loopback, "
        "link-local, multicast, reserved and unspecified addresses, clouds' metadata services, and IPv6 addresses "
        "that stand for such a one. Name the networks of BMCs, databases and brokers here; ipmi_address is not "
        "looked up here.",
    ),
    cfg.ListOpt(
        "allowed_networks",
        item_type=kinds.Network(),
        default=[],
        help="Networks that are allowed though they are denied otherwise, also by denied_networks. For a virtual rack "
        "on the same machine: 127.0.0.0/8.",
    ),
]
