# SPDX-License-Identifier: Apache-2.0
"""What is told to others over a message broker. Where it goes stands in [oslo_messaging_notifications]."""

from oslo_config import cfg

GROUP = None

OPTS = [
    cfg.StrOpt(
        "notification_level",
        choices=[
            ("debug", "all"),
            ("info", "all but details"),
            ("warning", "what may be a problem, and errors"),
            ("error", "errors alone"),
            ("critical", "errors that stop the service alone"),
        ],
        help="Lowest level of the notifications that are sent. Unset: none are. All processes of a cluster use "
        "the same value.",
    ),
    cfg.ListOpt(
        "versioned_notifications_topics",
        default=["ironic_versioned_notifications"],
        help="Topics that get each notification. The broker's queues are named <topic>.<level>.",
    ),
    cfg.IntOpt(
        "notification_outbox_limit",
        default=1_000_000,
        min=1000,
        help="How many notifications the database keeps while the broker does not take them. Beyond that the oldest "
        "are lost, which the log of the conductors says.",
    ),
]
