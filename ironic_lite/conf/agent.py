# SPDX-License-Identifier: Apache-2.0
"""Options of the conversation with the agent in the ramdisk."""

from oslo_config import cfg

GROUP = "agent"

OPTS = [
    cfg.BoolOpt(
        "require_tls",
        default=False,
        help="Refuse agents whose callback URL is plain HTTP.",
    ),
    cfg.BoolOpt(
        "enable_bios_bootloader_install",
        default=False,
        help="Let agents run the installer of a boot loader from the image that they have written, as partition images "
        "require. It runs with all rights on the agent's ramdisk: only for images that you trust (CVE-2026-43003).",
    ),
    cfg.IntOpt(
        "command_timeout", default=60, min=1, help="Seconds for one HTTP exchange with an agent."
    ),
    cfg.IntOpt(
        "max_command_attempts",
        default=3,
        min=1,
        help="Number of attempts of an exchange when the agent cannot be reached.",
    ),
    cfg.FloatOpt(
        "command_check_interval",
        default=1.0,
        min=0,
        help="Seconds after which an agent is polled about its running command, to notice the end before its "
        "heartbeat; the longer the command runs, the longer the pauses. 0 waits for the heartbeat.",
    ),
    cfg.FloatOpt(
        "command_checks_per_second",
        default=25,
        min=1,
        help="Maximum number of such polls of a conductor per second; with many commands at the same time, each agent "
        "is polled less often.",
    ),
    cfg.IntOpt(
        "post_deploy_get_power_state_retries",
        default=6,
        min=0,
        help="This many times post_deploy_get_power_state_retry_interval, a server has time to power itself off; then "
        "its BMC powers it off.",
    ),
    cfg.FloatOpt(
        "post_deploy_get_power_state_retry_interval",
        default=5,
        min=0.1,
        help="Seconds that count once for each of post_deploy_get_power_state_retries. Meanwhile the power is checked "
        "at least twice per second.",
    ),
    cfg.StrOpt(
        "deploy_logs_collect",
        default="on_failure",
        choices=["on_failure", "always", "never"],
        help="When a conductor collects the logs of the ramdisk: when a deployment, cleaning, inspection, rescue or "
        "servicing fails, always, or never. They are not masked.",
    ),
    cfg.StrOpt(
        "deploy_logs_storage_backend",
        default="local",
        choices=["local"],
        help="Where the logs are stored: as files of the conductor that collected them. Swift is not supported.",
    ),
    cfg.StrOpt(
        "deploy_logs_local_path",
        sample_default="/var/lib/ironic-lite/ramdisk-logs",
        help="Directory of these files. Unset: ramdisk-logs in state_path.",
    ),
    cfg.IntOpt(
        "deploy_logs_max_size",
        default=16,
        min=1,
        max=20,
        help="Maximum size in MiB of the logs of one ramdisk; larger ones are not stored.",
    ),
    cfg.IntOpt(
        "deploy_logs_max_per_node",
        default=5,
        min=1,
        help="Maximum number of files of a node that a conductor keeps; the oldest are deleted.",
    ),
    cfg.IntOpt(
        "deploy_logs_max_total",
        default=1024,
        min=1,
        help="Maximum size in MiB of all files that a conductor keeps; the oldest are deleted.",
    ),
    cfg.IntOpt(
        "deploy_logs_max_age",
        default=30,
        min=0,
        help="Days after which a file is deleted; 0: never.",
    ),
]
