# SPDX-License-Identifier: Apache-2.0
"""Options of the way to Nova. Where it is and how to log in are keystoneauth's options, read when they are needed."""

from typing import Any

from oslo_config import cfg

GROUP = "nova"

OPTS = [
    cfg.BoolOpt(
        "send_power_notifications",
        default=False,
        help="Tell Nova at once when the power of a server with an instance has changed. It needs auth_type and what "
        "that asks for in this group.",
    ),
]


def of_keystoneauth() -> list[Any]:
    """The options of keystoneauth in this group; which of them count depends on ``auth_type``."""
    # Late, for it takes a tenth of a second that few need.
    from keystoneauth1 import loading

    return [
        *loading.get_auth_common_conf_options(),
        *loading.get_session_conf_options(),
        *loading.get_adapter_conf_options(include_deprecated=False),
        *loading.get_auth_plugin_conf_options("password"),
    ]
