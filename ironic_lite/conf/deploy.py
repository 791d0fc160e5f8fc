# SPDX-License-Identifier: Apache-2.0
"""Options of deployment and cleaning."""

from oslo_config import cfg

GROUP = "deploy"

OPTS = [
    cfg.IntOpt(
        "erase_devices_priority",
        min=0,
        help="Priority of the agent's step erase_devices in automated cleaning; 0 disables it. "
        "Unset: the agent's own priority.",
    ),
    cfg.IntOpt(
        "erase_devices_metadata_priority",
        min=0,
        help="Like erase_devices_priority, for erase_devices_metadata.",
    ),
    cfg.IntOpt(
        "delete_configuration_priority",
        min=0,
        help="Priority of the step delete_configuration of the RAID interface 'agent' in automated cleaning; 0 or "
        "unset disables it.",
    ),
    cfg.IntOpt(
        "create_configuration_priority",
        min=0,
        help="Like delete_configuration_priority, for create_configuration. Nodes then need a target_raid_config.",
    ),
    cfg.IntOpt(
        "shred_random_overwrite_iterations",
        default=1,
        min=0,
        help="How often the agent overwrites a disk with random data if it cannot erase it otherwise.",
    ),
    cfg.BoolOpt(
        "shred_final_overwrite_with_zeros",
        default=True,
        help="Overwrite the disk with zeros after that.",
    ),
    cfg.BoolOpt(
        "continue_if_disk_secure_erase_fails",
        default=False,
        help="Overwrite a disk if its own erase function (ATA, NVMe) fails, instead of failing the cleaning.",
    ),
    cfg.BoolOpt(
        "enable_ata_secure_erase",
        default=True,
        help="Use the secure erase function of ATA disks that have one.",
    ),
    cfg.BoolOpt(
        "enable_nvme_secure_erase",
        default=True,
        help="Use the erase function of NVMe disks that have one.",
    ),
    cfg.BoolOpt(
        "erase_skip_read_only",
        default=False,
        help="Skip read-only disks instead of failing the cleaning.",
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
        help="Boot mode of nodes that do not set one.",
    ),
    cfg.BoolOpt(
        "power_off_after_deploy_failure",
        default=True,
        help="Power a server off when its deployment fails. If false, it stays on, so that it can be examined.",
    ),
    cfg.BoolOpt(
        "fast_track",
        default=False,
        help="Fast-track: reuse an agent that is alive instead of booting the server again.",
    ),
    cfg.IntOpt(
        "fast_track_timeout",
        default=300,
        min=0,
        help="Seconds since the last heartbeat within which an agent counts as alive.",
    ),
]
