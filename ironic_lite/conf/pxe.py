# SPDX-License-Identifier: Apache-2.0
"""Options of network boot."""

from oslo_config import cfg

GROUP = "pxe"

OPTS = [
    cfg.StrOpt(
        "kernel_append_params",
        default="nofb nomodeset systemd.wants=network-online.target",
        help="Kernel arguments of the deploy and the rescue ramdisk. A node's driver_info/kernel_append_params "
        "replaces them.",
    ),
    cfg.StrOpt(
        "default_ephemeral_format",
        default="ext4",
        choices=["ext4", "ext3", "ext2", "xfs", "btrfs", "vfat"],
        help="File system of ephemeral partitions, for instances that do not set one (partition images).",
    ),
    cfg.StrOpt(
        "tftp_server",
        help="IP address of the TFTP server with iPXE for firmware, in the DHCP options of ports in Neutron. Unset: "
        "that of the API, if [api] public_endpoint has an IP address.",
    ),
    cfg.StrOpt(
        "tftp_server_ipv6",
        help="The same for IPv6.",
    ),
    cfg.StrOpt(
        "ipxe_bootfile_name",
        default="undionly.kpxe",
        help="Name of iPXE for BIOS on the TFTP server.",
    ),
    cfg.StrOpt(
        "uefi_ipxe_bootfile_name",
        default="snponly.efi",
        help="Name of iPXE for UEFI on the TFTP server.",
    ),
    cfg.DictOpt(
        "ipxe_bootfile_name_by_arch",
        default={},
        help="Names of iPXE for nodes with certain properties/cpu_arch, such as 'aarch64:ipxe-arm64.efi'. A key may "
        "also have the boot mode ('x86_64-bios').",
    ),
    cfg.IntOpt(
        "boot_attempts",
        default=3,
        min=1,
        help="How often a server is booted while an operation waits for its agent, before the operation fails. A "
        "server is booted again when it has made no progress for as long as the options below say. It needs the boot "
        "interface ipxe, from which the progress is known. 1: it is not booted again.",
    ),
    cfg.IntOpt(
        "boot_retry_timeout",
        min=1,
        help="Seconds without progress after which a server is booted again, at every stage. Unset: the options below "
        "apply.",
    ),
    cfg.IntOpt(
        "boot_start_timeout",
        default=900,
        min=0,
        help="Seconds from power on until something is seen of a server's network boot: a request for an address "
        "(only if the DHCP server reports it) or for its boot script. 0: as long as it takes.",
    ),
    cfg.IntOpt(
        "boot_address_timeout",
        default=300,
        min=0,
        help="Seconds from a server's request for an address until it asks for its boot script. 0: as long "
        "as it takes.",
    ),
    cfg.IntOpt(
        "boot_ramdisk_timeout",
        default=900,
        min=0,
        help="Seconds from the request for the boot script, or for the ramdisk if the API serves it, until the agent "
        "calls. An inspection only has it after an error of iPXE, because its agent calls when it has inspected the "
        "server. 0: as long as it takes.",
    ),
    cfg.IntOpt(
        "boot_agent_timeout",
        default=300,
        min=0,
        help="Seconds from the agent's first call, in which it gets its token, until its first heartbeat. 0: as long "
        "as it takes.",
    ),
]
