# SPDX-License-Identifier: Apache-2.0
"""Options of the DHCP that servers boot with."""

from oslo_config import cfg

GROUP = "dhcp"

OPTS = [
    cfg.StrOpt(
        "dhcp_provider",
        default="neutron",
        choices=[
            ("neutron", "the ports in Neutron get the boot options, for Neutron's DHCP agents"),
            ("none", "another DHCP server has them"),
        ],
        help="Who tells booting servers what to boot. It applies to nodes with the network interface flat or neutron; "
        "for others you configure a DHCP server.",
    ),
]
