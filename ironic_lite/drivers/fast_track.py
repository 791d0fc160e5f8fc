# SPDX-License-Identifier: Apache-2.0
"""Fast-track: reuses an agent that is up instead of booting the server again."""

from typing import Any

from oslo_utils import strutils, timeutils

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF

_LOOKUP = 10.0
"""Seconds to wait for the lookup of an agent that has inspected its server."""


def enabled(node: Any) -> bool:
    """Tell whether fast-track is enabled: by the node's ``driver_info/fast_track``, else by the option.

    :raises InvalidParameterValue: when the node's own setting is neither true nor false.
    """
    own = node.driver_info.get("fast_track")
    if own is None:
        return bool(CONF.deploy.fast_track)
    try:
        return strutils.bool_from_string(own, strict=True)
    except ValueError:
        raise exception.InvalidParameterValue(
            err=f"driver_info/fast_track of node {node.uuid} must be true or false."
        ) from None


def is_about_to_call(node: Any) -> bool:
    """Tell whether an agent is about to send its first heartbeat: it has its token, or sent inspection data."""
    if not enabled(node) or node.power_state != states.POWER_ON:
        return False
    if node.agent_last_heartbeat is not None:
        return False
    return bool(node.agent_secret_token) or _has_just_inspected(node)


def _has_just_inspected(node: Any) -> bool:
    if node.inspect_interface != "agent" or node.inspection_finished_at is None:
        return False
    ago = timeutils.utcnow(with_timezone=True) - node.inspection_finished_at
    return bool(ago.total_seconds() <= _LOOKUP)


def agent_is_up(node: Any) -> bool:
    """Tell whether an agent's last heartbeat is so recent that the agent counts as alive."""
    if not enabled(node) or not node.agent_url or node.agent_last_heartbeat is None:
        return False
    silent = timeutils.utcnow(with_timezone=True) - node.agent_last_heartbeat
    return bool(silent.total_seconds() <= CONF.deploy.fast_track_timeout)
