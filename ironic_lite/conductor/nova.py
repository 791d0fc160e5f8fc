# SPDX-License-Identifier: Apache-2.0
"""Telling Nova that the power of an instance's server has changed, by its external events (microversion 2.76).

Nova compares power states by itself from time to time; so what cannot be told now is left to that.
"""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conductor import identity
from ironic_lite.conf import CONF
from ironic_lite.conf.nova import GROUP

LOG = log.getLogger(__name__)

TIMEOUT = 10
"""Seconds for one answer, where ``[nova] timeout`` says nothing."""

_MICROVERSION = "2.76"
_TAGS = {states.POWER_ON: "POWER_ON", states.POWER_OFF: "POWER_OFF"}


class Nova:
    """The way to Nova.

    :raises ConfigInvalid: when it is not configured.
    """

    def __init__(self) -> None:
        from keystoneauth1 import exceptions, loading

        loading.register_auth_conf_options(CONF, GROUP)
        loading.register_session_conf_options(CONF, GROUP)
        loading.register_adapter_conf_options(CONF, GROUP, include_deprecated=False)
        try:
            auth = loading.load_auth_from_conf_options(CONF, GROUP)
        except exceptions.ClientException as exc:
            raise exception.ConfigInvalid(error_msg=f"[nova]: {exc}") from None
        if auth is None:
            raise exception.ConfigInvalid(
                error_msg="[nova] send_power_notifications needs auth_type in the same group, and what that asks for."
            )
        session = loading.load_session_from_conf_options(CONF, GROUP, auth=auth)
        kind = {} if CONF.nova.service_type else {"service_type": "compute"}
        self._compute: Any = loading.load_adapter_from_conf_options(
            CONF, GROUP, session=session, auth=auth, **kind
        )

    def power_update(self, instance_uuid: str, power_state: str) -> None:
        """Tell of one change; a failure is logged."""
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
    """What tells Nova of a power state; None when it is not to be told anything.

    :raises ConfigInvalid: when the way is not configured.
    """
    return Nova().power_update if CONF.nova.send_power_notifications else None


def power_changed(node: Any) -> None:
    """Tell Nova of the node's new power state, which has been saved, without waiting for it."""
    me = identity.current()
    if me.tell_nova is None or node.instance_uuid is None or node.power_state not in _TAGS:
        return
    try:
        me.workers.spawn(me.tell_nova, node.instance_uuid, node.power_state)
    except exception.TemporaryFailure as exc:
        LOG.warning("Nova is not told of the power of node %s: %s", node.uuid, exc.message)
