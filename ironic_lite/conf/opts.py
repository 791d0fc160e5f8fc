# SPDX-License-Identifier: Apache-2.0
"""The list of options for oslo-config-generator."""

from typing import Any

from ironic_lite import conf
from ironic_lite.conf import cinder, glance, neutron, nova, openstack_services

_UNREAD = {"oslo_messaging_kafka": None, "oslo_messaging_notifications": {"retry"}}
"""Group -> options of oslo.messaging that have no effect here; None: all. Kafka is not supported, and the outbox does
the retries."""


OTHER_SERVICES = (cinder.GROUP, glance.GROUP, neutron.GROUP, nova.GROUP)


def list_opts() -> list[tuple[str, list[Any]]]:
    """Return all options by group: our own, and those of oslo.messaging and keystoneauth that have an effect."""
    grouped: dict[str, list[Any]] = {}
    for module in conf.GROUPS:
        grouped.setdefault(module.GROUP or "DEFAULT", []).extend(module.OPTS)
    for group in OTHER_SERVICES:
        grouped[group].extend(openstack_services.of_keystoneauth())
    return [*grouped.items(), *_of_messaging()]


def _of_messaging() -> list[tuple[str, list[Any]]]:
    # Imported here because only this list needs it.
    from oslo_messaging import opts

    listed = []
    for group, options in opts.list_opts():
        name = str(group or "DEFAULT")
        unread = _UNREAD.get(name, set())
        if unread is not None:
            listed.append((name, [option for option in options if option.name not in unread]))
    return listed
