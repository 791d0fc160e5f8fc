# SPDX-License-Identifier: Apache-2.0
"""Options of the notifications to Nova. keystoneauth's options have its address and credentials."""

from typing import Any

from oslo_config import cfg

GROUP = "nova"

OPTS = [
    cfg.BoolOpt(
        "send_power_notifications",
        default=False,
        help="Notify Nova at once when the power state of a server with an instance has changed. Requires auth_type "
        "and its options in this group.",
    ),
]


def of_keystoneauth() -> list[Any]:
    """Return the options of keystoneauth in this group; ``auth_type`` decides which of them apply."""
    # Imported here because it takes a tenth of a second, and few need it.
    from keystoneauth1 import loading

    return [
        *loading.get_auth_common_conf_options(),
        *loading.get_session_conf_options(),
        *loading.get_adapter_conf_options(include_deprecated=False),
        *loading.get_auth_plugin_conf_options("password"),
    ]
