# SPDX-License-Identifier: Apache-2.0
"""Options of IPMI."""

from oslo_config import cfg, types

GROUP = "ipmi"

OPTS = [
    cfg.IntOpt(
        "command_retry_timeout",
        default=60,
        min=1,
        help="Maximum seconds of one IPMI command. Until then it is retried if the BMC is silent, refuses the "
        "connection, has no free session or is busy; but not if a retry cannot help, as with a wrong password or an "
        "unknown command.",
    ),
    cfg.MultiStrOpt(
        "additional_retryable_errors",
        default=[],
        deprecated_name="additional_retryable_ipmi_errors",
        help="Errors to retry in addition: a completion code in hexadecimal digits (0xd4), or a part of the error "
        "message (Unauthorized name). May be given several times.",
    ),
    cfg.FloatOpt(
        "min_command_interval",
        default=0.05,
        min=0.0,
        help="Minimum seconds between two commands to the same BMC, for slow BMCs. Below 0.25 a few commands may "
        "follow each other at once, as long as the average holds.",
    ),
    cfg.FloatOpt(
        "power_off_pause",
        default=1.0,
        min=0.0,
        help="Seconds that a server stays off in a reboot. Some BMCs lose a power on that comes too soon after the "
        "power off; the power on is then repeated.",
    ),
    cfg.BoolOpt(
        "disable_boot_timeout",
        default=True,
        help="Ask BMCs to keep a boot device until the server is powered on, even after more than 60 s. A BMC that "
        "refuses is left as it is. A node's driver_info/ipmi_disable_boot_timeout takes precedence.",
    ),
    cfg.ListOpt(
        "cipher_suite_versions",
        default=[],
        item_type=types.Integer(choices=[3, 17]),
        help="Cipher suites to use with BMCs whose driver_info sets none. Empty: 17, and 3 if a BMC refuses 17 or does "
        "not answer it. Set 17 alone to exclude suite 3, which is based on SHA-1.",
    ),
    cfg.IntOpt(
        "session_idle_timeout",
        default=150,
        min=0,
        help="Seconds after which an unused session with a BMC is closed; 0 closes it after each command.",
    ),
]
