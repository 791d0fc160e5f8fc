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
