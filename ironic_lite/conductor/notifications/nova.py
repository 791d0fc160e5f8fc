# SPDX-License-Identifier: Apache-2.0
"""Sends power state changes of instances' servers to Nova, as external events (microversion 2.76).

Nova also compares power states itself from time to time, so a lost event does no harm.
"""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, openstack_services, states
from ironic_lite.conductor.cluster import identity
from ironic_lite.conf import CONF
from ironic_lite.conf.nova import GROUP

LOG = log.getLogger(__name__)

TIMEOUT = 10
"""Default of ``[nova] timeout``, in seconds."""

_MICROVERSION = "2.76"
_TAGS = {states.POWER_ON: "POWER_ON", states.POWER_OFF: "POWER_OFF"}


class Nova:
    """A client of Nova.

    :raises ConfigInvalid: when the credentials in ``[nova]`` are missing or wrong.
    """

    def __init__(self) -> None:
        self._compute = openstack_services.adapter(GROUP)

    def power_update(self, instance_uuid: str, power_state: str) -> None:
        """Send one change; a failure is only logged."""
        event = {
            "name": "power-update",
            "server_uuid": instance_uuid,
            "tag": _TAGS[power_state],
        }
        try:
            self._compute.post(
                "/os-server-external-events",
                json={"events": [event]},
                microversion=_MICROVERSION,
                timeout=CONF.nova.timeout or TIMEOUT,
            )
        except Exception as exc:
            LOG.warning(
                "Nova could not be told that instance %s is '%s': %s",
                instance_uuid,
                power_state,
                exc,
            )
        else:
            LOG.debug("Nova was told that instance %s is '%s'", instance_uuid, power_state)


def from_configuration() -> Callable[[str, str], None] | None:
    """Return a function that sends a power state to Nova; None when that is disabled.

    :raises ConfigInvalid: when the credentials in ``[nova]`` are missing or wrong.
    """
    return Nova().power_update if CONF.nova.send_power_notifications else None


def power_changed(node: Any) -> None:
    """Send the node's new, saved power state to Nova without waiting."""
    me = identity.current()
    if me.tell_nova is None or node.instance_uuid is None or node.power_state not in _TAGS:
        return
    try:
        me.workers.spawn(me.tell_nova, node.instance_uuid, node.power_state)
    except exception.TemporaryFailure as exc:
        LOG.warning("The power state of node %s is not sent to Nova: %s", node.uuid, exc.message)
