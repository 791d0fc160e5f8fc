# SPDX-License-Identifier: Apache-2.0
"""Options of notifications. [oslo_messaging_notifications] has their transport."""

from oslo_config import cfg

GROUP = None

OPTS = [
    cfg.StrOpt(
        "notification_level",
        choices=[
            ("debug", "all"),
            ("info", "all but debug details"),
            ("warning", "possible problems, and errors"),
            ("error", "errors alone"),
            ("critical", "only errors that stop the service"),
        ],
        help="Lowest level of notifications to send. Unset: send none. All processes of a cluster must use "
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
        help="Maximum number of notifications to keep in the database while the broker does not accept them. Beyond "
        "that the oldest are dropped, and the conductors log a warning.",
    ),
]
