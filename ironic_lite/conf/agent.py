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
        help="Let agents run a boot loader's installer out of the image that they have written, as partition images "
        "need it. It runs with all rights on the agent's ramdisk: for images that you trust (CVE-2026-43003).",
    ),
    cfg.IntOpt(
        "command_timeout", default=60, min=1, help="Seconds for one HTTP exchange with an agent."
    ),
    cfg.IntOpt(
        "max_command_attempts",
        default=3,
        min=1,
        help="How often an exchange is tried when the agent cannot be reached.",
    ),
    cfg.FloatOpt(
        "command_check_interval",
        default=1.0,
        min=0,
        help="Seconds after which a running command of an agent is asked about, so that its end is noticed before the "
        "agent calls; a little more while it goes on. 0 waits for the call.",
    ),
    cfg.FloatOpt(
        "command_checks_per_second",
        default=25,
        min=1,
        help="Most such questions that a conductor asks in a second; with many commands at one time each is asked "
        "about less often.",
    ),
    cfg.IntOpt(
        "post_deploy_get_power_state_retries",
        default=6,
        min=0,
        help="How often a server is asked whether it has powered itself off before its BMC does it.",
    ),
    cfg.FloatOpt(
        "post_deploy_get_power_state_retry_interval",
        default=5,
        min=0.1,
        help="Seconds between two of these questions.",
    ),
]
