# SPDX-License-Identifier: Apache-2.0
"""Options of discovery: servers that no node is known for."""

from oslo_config import cfg

GROUP = "auto_discovery"

OPTS = [
    cfg.BoolOpt(
        "enabled",
        default=False,
        help="Whether unknown servers that boot over the network are inspected, and become nodes in the state "
        "'enroll'. Everybody in the provisioning network can make such nodes. Conductors and API processes need the "
        "same value.",
    ),
    cfg.StrOpt(
        "driver",
        help="Hardware type of discovered servers that report no address of a BMC, or if no conductor serves 'ipmi'; "
        "the others become nodes of the type 'ipmi'. Without it, such servers are not enrolled.",
    ),
    cfg.StrOpt(
        "inspection_scope",
        help="Recorded as properties/inspection_scope of discovered nodes.",
    ),
    cfg.StrOpt(
        "accept",
        default="manually",
        choices=[
            (
                "manually",
                "they wait in 'enroll' until somebody sets the credentials of the BMC and requests 'manage'",
            ),
            (
                "automatically",
                "the service sets 'bmc_username' and the password in 'bmc_password_file', and requests "
                "'manage'",
            ),
        ],
        help="How discovered servers become manageable.",
    ),
    cfg.StrOpt(
        "bmc_username",
        help="User of the BMCs of servers that are accepted automatically, such as the one that the vendor has set.",
    ),
    cfg.StrOpt(
        "bmc_password_file",
        help="File whose first line is the password of 'bmc_username'.",
    ),
    cfg.ListOpt(
        "bmc_networks",
        default=[],
        sample_default=["192.0.2.0/24", "2001:db8::/64"],
        help="Networks of the BMCs. An address that a discovered server reports for its BMC is used only if it is in "
        "one of them; empty: any address. Automatic acceptance needs it, because the service sends a hash of the "
        "password to that address.",
    ),
    cfg.StrOpt(
        "name_template",
        default="{serial}",
        help="Names of discovered nodes. May contain {serial}, {manufacturer}, {product}, {system_uuid}, {hostname}, "
        "{mac} (of the boot interface) and {bmc_address}. Characters that names cannot have become '-'; a name in use "
        "gets a number. A server that does not report one of the values gets no name. Empty: no names.",
    ),
    cfg.IntOpt(
        "max_waiting",
        default=1000,
        min=1,
        help="Maximum number of discovered servers in 'enroll'. While there are so many, unknown servers boot their "
        "disks.",
    ),
    cfg.IntOpt(
        "max_per_minute",
        default=30,
        min=1,
        help="Maximum number of inventories of unknown servers per minute that an API process takes from one address "
        "(IPv6: from one /64).",
    ),
]
