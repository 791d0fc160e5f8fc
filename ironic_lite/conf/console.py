# SPDX-License-Identifier: Apache-2.0
"""Options of serial consoles."""

from oslo_config import cfg

GROUP = "console"

OPTS = [
    cfg.StrOpt(
        "socat_address",
        default="127.0.0.1",
        sample_default="192.0.2.10",
        help="Address of this conductor on which consoles have raw TCP ports, for Nova's serial proxy. The ports have "
        "no authentication: only the proxies may reach them.",
    ),
    cfg.StrOpt(
        "port_range",
        regex=r"^\d+:\d+$",
        sample_default="10000:20000",
        help="First and last port for these, as FIRST:LAST; by default any free one. driver_info/ipmi_terminal_port "
        "of a node takes precedence.",
    ),
    cfg.StrOpt(
        "log_directory",
        help="Directory with the logs of consoles; by default console-logs in [DEFAULT] state_path.",
    ),
    cfg.IntOpt(
        "log_size",
        default=16 * 1024 * 1024,
        min=1024 * 1024,
        help="Bytes of one console's log on disk. The oldest are removed.",
    ),
    cfg.IntOpt(
        "check_interval",
        default=10,
        min=0,
        help="Seconds between two checks of which consoles this conductor should have: after a take-over, it has a "
        "console within this time. 0: this conductor has no serial consoles.",
    ),
    cfg.StrOpt(
        "listen_address",
        default="127.0.0.1",
        sample_default="192.0.2.10",
        help="Address of this conductor to which API processes connect for the consoles' WebSockets. API processes on "
        "other machines need one that they reach. Connections need a token.",
    ),
    cfg.StrOpt(
        "ssh_users",
        sample_default="/etc/ironic-lite/console-users.yaml",
        help="File with the users who may open consoles by SSH, and their public keys: see docs/consoles.md. By "
        "default there is no SSH. It is read again at each login. SSH needs asyncssh: ironic-lite[console].",
    ),
    cfg.StrOpt(
        "ssh_address",
        default="127.0.0.1",
        sample_default="192.0.2.10",
        help="Address of this conductor on which it serves SSH.",
    ),
    cfg.PortOpt("ssh_port", default=2222, help="Port for this."),
    cfg.PortOpt(
        "listen_port", default=0, help="Port for this; 0: any free one, of which the API is told."
    ),
]
