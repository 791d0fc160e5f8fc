# SPDX-License-Identifier: Apache-2.0
"""Options of the conversation with BMCs over IPMI."""

from oslo_config import cfg

GROUP = "ipmi"

OPTS = [
    cfg.IntOpt(
        "command_retry_timeout",
        default=60,
        min=1,
        help="Seconds that one IPMI command may take, all its retries included.",
    ),
    cfg.FloatOpt(
        "min_command_interval",
        default=0.0,
        min=0.0,
        help="Seconds between two commands to the same BMC, for BMCs that cannot keep up.",
    ),
    cfg.IntOpt(
        "session_idle_timeout",
        default=150,
        min=0,
        help="Seconds after which an unused session with a BMC is closed; 0 closes it after each command.",
    ),
]
