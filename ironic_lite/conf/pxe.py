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
]
