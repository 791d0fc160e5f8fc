# SPDX-License-Identifier: Apache-2.0
"""Options of the network interfaces that use Neutron. keystoneauth's options have its address and credentials."""

from oslo_config import cfg

GROUP = "neutron"

_NETWORKS = {
    "cleaning": "The network of servers that are cleaned. The network interfaces flat and neutron require it.",
    "provisioning": "The network of servers that are deployed. The network interface neutron requires it.",
    "rescuing": "The network in which servers boot the rescue ramdisk; then they get the networks of their instances "
    "back. The network interface neutron requires it for rescues.",
    "servicing": "The network of servers that are serviced. The network interface neutron requires it for servicing.",
    "inspection": "The network of servers that are inspected. If it is not set, the service does not manage the boot "
    "for inspections of nodes with the network interface flat or neutron.",
}

OPTS: list[cfg.Opt] = []

for _purpose, _help in _NETWORKS.items():
    OPTS += [
        cfg.StrOpt(
            f"{_purpose}_network",
            help=f"{_help} UUID or name; a name must be unique. A node's driver_info/{_purpose}_network replaces it.",
        ),
        cfg.ListOpt(
            f"{_purpose}_network_security_groups",
            default=[],
            help=f"UUIDs of the security groups of ports in the {_purpose} network, for the network interface neutron. "
            "Empty: Neutron's default group.",
        ),
    ]

OPTS += [
    cfg.IntOpt(
        "request_timeout",
        default=45,
        min=1,
        help="Seconds that a request to Neutron may take, if 'timeout' is not set.",
    ),
    cfg.IntOpt(
        "retries",
        default=3,
        min=0,
        help="How often a request is sent again when Neutron cannot be reached, if 'connect_retries' is not set.",
    ),
    cfg.BoolOpt(
        "only_networks_of_the_owner",
        default=True,
        help="A network that driver_info of a node with an owner names must be shared, belong to the owner or to the "
        "project of these credentials, or be the configured one. Without this check, whoever may change driver_info of "
        "a node can connect its server to the networks of all projects. Disable it if owners of nodes are not the ids "
        "of Keystone projects, or if operators name networks of other projects there.",
    ),
    cfg.IntOpt(
        "port_setup_delay",
        default=0,
        min=0,
        max=300,
        help="Seconds to wait after the DHCP options of a server's ports were set, for DHCP agents that take longer "
        "to apply them than the server to boot.",
    ),
    cfg.BoolOpt(
        "fail_on_port_binding_failure",
        default=True,
        help="Fail an operation of a node with the network interface neutron when one of its ports does not become "
        "active. A node's driver_info/fail_on_binding_failure replaces it.",
    ),
    cfg.FloatOpt(
        "port_binding_timeout",
        default=120,
        min=1,
        help="Seconds until a port has to be active.",
    ),
    cfg.BoolOpt(
        "add_all_ports",
        default=False,
        help="Also connect a server's ports without pxe_enabled to the networks of the service. They get no IP "
        "addresses there.",
    ),
    cfg.IntOpt(
        "dhcpv6_stateful_address_count",
        default=4,
        min=1,
        max=64,
        help="Number of IPv6 addresses of a port in a network of the service whose subnet is dhcpv6-stateful. "
        "Firmware, iPXE and the ramdisk each use an identifier of their own, and get an address each.",
    ),
    cfg.BoolOpt(
        "allow_disabling_power_off",
        default=False,
        help="Allow nodes with disable_power_off to use the network interface neutron, although their old instance "
        "still runs when they are connected to the cleaning network.",
    ),
]
