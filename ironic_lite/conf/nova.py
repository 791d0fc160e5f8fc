# SPDX-License-Identifier: Apache-2.0
"""Options of the notifications to Nova. keystoneauth's options have its address and credentials."""

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
