# SPDX-License-Identifier: Apache-2.0
"""Options of the conversation with BMCs over IPMI."""

from oslo_config import cfg, types

GROUP = "ipmi"

OPTS = [
    cfg.IntOpt(
        "command_retry_timeout",
        default=60,
        min=1,
        help="Seconds that one IPMI command may take. Until then it is tried again, whether the BMC is silent, "
        "refuses the connection, has no free session or is busy; not when the BMC says what will not change, such as "
        "a wrong password or a command that it does not know.",
    ),
    cfg.MultiStrOpt(
        "additional_retryable_errors",
        default=[],
        deprecated_name="additional_retryable_ipmi_errors",
        help="What else is tried again for that long: a completion code in hexadecimal digits (0xd4), or a part of the "
        "message with which an operation fails (Unauthorized name). May be given more than once.",
    ),
    cfg.FloatOpt(
        "min_command_interval",
        default=0.05,
        min=0.0,
        help="Seconds between two commands to the same BMC, for BMCs that cannot keep up. Below 0.25 a few commands "
        "may follow each other at once, as long as the average holds.",
    ),
    cfg.FloatOpt(
        "power_off_pause",
        default=1.0,
        min=0.0,
        help="Seconds that a server stays off in a reboot. Some BMCs lose a power on that comes too soon after the "
        "power off; it is then sent again.",
    ),
    cfg.BoolOpt(
        "disable_boot_timeout",
        default=True,
        help="Ask BMCs to keep a boot device until the server is powered on, even if that is more than 60 s later. A "
        "BMC that refuses is left as it is. A node's driver_info/ipmi_disable_boot_timeout comes first.",
    ),
    cfg.ListOpt(
        "cipher_suite_versions",
        default=[],
        item_type=types.Integer(choices=[3, 17]),
        help="Cipher suites that may be used with BMCs whose driver_info names none. Empty: 17, and 3 where a BMC "
        "refuses 17 or does not answer it. 17 alone keeps suite 3, which is built on SHA-1, from being used.",
    ),
    cfg.IntOpt(
        "session_idle_timeout",
        default=150,
        min=0,
        help="Seconds after which an unused session with a BMC is closed; 0 closes it after each command.",
    ),
]
