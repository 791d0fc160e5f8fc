# SPDX-License-Identifier: Apache-2.0
"""Options of deployment and cleaning."""

from oslo_config import cfg

GROUP = "deploy"

OPTS = [
    cfg.IntOpt(
        "erase_devices_priority",
        min=0,
        help="Priority of the agent's step erase_devices in automated cleaning; 0 leaves it out. "
        "Unset: the agent's own.",
    ),
    cfg.IntOpt(
        "erase_devices_metadata_priority",
        min=0,
        help="The same for erase_devices_metadata.",
    ),
    cfg.IntOpt(
        "shred_random_overwrite_iterations",
        default=1,
        min=0,
        help="How often the agent overwrites a disk with noise that it cannot erase otherwise.",
    ),
    cfg.BoolOpt(
        "shred_final_overwrite_with_zeros",
        default=True,
        help="Overwrite it with zeros after that.",
    ),
    cfg.BoolOpt(
        "continue_if_disk_secure_erase_fails",
        default=False,
        help="Overwrite a disk whose own erasure (ATA, NVMe) fails, instead of failing the cleaning.",
    ),
    cfg.BoolOpt(
        "enable_ata_secure_erase",
        default=True,
        help="Use the erasure of ATA disks where they have one.",
    ),
    cfg.BoolOpt(
        "enable_nvme_secure_erase",
        default=True,
        help="Use the erasure of NVMe disks where they have one.",
    ),
    cfg.BoolOpt(
        "erase_skip_read_only",
        default=False,
        help="Leave read-only disks out instead of failing the cleaning.",
    ),
    cfg.IntOpt(
        "disk_erasure_concurrency",
        default=4,
        min=1,
        help="How many disks of a server the agent erases at the same time.",
    ),
    cfg.StrOpt(
        "default_boot_mode",
        default="uefi",
        choices=["uefi", "bios"],
        help="Boot mode of nodes that state none.",
    ),
    cfg.BoolOpt(
        "power_off_after_deploy_failure",
        default=True,
        help="Power a server off when its deployment fails. Off, it is left as it was, to be looked at.",
    ),
    cfg.BoolOpt(
        "fast_track",
        default=False,
        help="Keep a server on whose agent is alive instead of booting it again.",
    ),
    cfg.IntOpt(
        "fast_track_timeout",
        default=300,
        min=0,
        help="Seconds since the last heartbeat within which an agent counts as alive.",
    ),
]
