# SPDX-License-Identifier: Apache-2.0
"""What oslo-config-generator reads to write the sample configuration."""

from typing import Any

from ironic_lite import conf

_UNREAD = {"oslo_messaging_kafka": None, "oslo_messaging_notifications": {"retry"}}
"""Group -> options of oslo.messaging without effect here, None for all: there is no Kafka, and the outbox decides when
to try again."""


def list_opts() -> list[tuple[str, list[Any]]]:
    """All options, group by group: our own, and those of oslo.messaging that are read here."""
    grouped: dict[str, list[Any]] = {}
    for module in conf.GROUPS:
        grouped.setdefault(module.GROUP or "DEFAULT", []).extend(module.OPTS)
    return [*grouped.items(), *_of_messaging()]


def _of_messaging() -> list[tuple[str, list[Any]]]:
    # Late: only who lists options needs the library for it.
    from oslo_messaging import opts

    listed = []
    for group, options in opts.list_opts():
        name = str(group or "DEFAULT")
        unread = _UNREAD.get(name, set())
        if unread is not None:
            listed.append((name, [option for option in options if option.name not in unread]))
    return listed
