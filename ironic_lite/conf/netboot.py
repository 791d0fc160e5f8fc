# SPDX-License-Identifier: Apache-2.0
"""Options of the boot service: DHCP, TFTP and HTTP for servers that boot over the network."""

from oslo_config import cfg

GROUP = "netboot"

OPTS = [
    cfg.StrOpt(
        "interface",
        help="Network interface that the servers are connected to, for 'ironic-lite netboot' without one.",
    ),
    cfg.StrOpt(
        "mode",
        default="full",
        choices=[
            ("full", "give addresses and boot files; refuse to start beside another DHCP server"),
            ("proxy", "give boot files only, beside the DHCP server that gives the addresses"),
            ("auto", "proxy if another DHCP server answers at the start, else full"),
        ],
        help="What the boot service gives to servers.",
    ),
    cfg.StrOpt(
        "serve",
        default="all",
        choices=[
            ("all", "whoever asks"),
            ("known", "only MAC addresses that are ports of nodes"),
        ],
        help="Whom the boot service answers.",
    ),
    cfg.StrOpt(
        "address_range",
        help="Addresses that servers get, such as '192.0.2.100-192.0.2.199'. Unset: all of the interface's network "
        "but its lowest 16 (a quarter of a smaller one).",
    ),
    cfg.StrOpt("router", help="Default router of the servers. Unset: they get none."),
    cfg.ListOpt("name_servers", default=[], help="Addresses of the servers' name servers."),
    cfg.IntOpt(
        "lease_time",
        default=3600,
        min=120,
        max=604800,
        help="Seconds that a server may keep its address.",
    ),
    cfg.MultiStrOpt(
        "relayed_networks",
        default=[],
        help="A network behind a DHCP relay: 'NETWORK [FIRST-LAST] [router=ADDRESS]', such as "
        "'198.51.100.0/24 198.51.100.50-198.51.100.99 router=198.51.100.1'.",
    ),
    cfg.StrOpt(
        "boot_files_directory",
        default="/usr/lib/ipxe",
        help="Directory with iPXE for firmware; everybody in the network may fetch its files. The default is where "
        "Debian's package ipxe has them.",
    ),
    cfg.DictOpt(
        "boot_files_by_architecture",
        default={},
        help="Names of boot files in that directory by DHCP's number of the client's architecture, instead of those "
        "that the service looks for; such as '11:ipxe-arm64.efi'.",
    ),
    cfg.PortOpt(
        "http_port", default=6384, min=1, help="TCP port for firmware that boots over HTTP."
    ),
    cfg.StrOpt(
        "user",
        help="User that the boot service becomes when root starts it. Unset: the one who called sudo, else nobody.",
    ),
    cfg.IntOpt(
        "refresh_interval",
        default=10,
        min=1,
        help="Seconds after which the boot service asks the API again for ports and their addresses.",
    ),
]
