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
]
