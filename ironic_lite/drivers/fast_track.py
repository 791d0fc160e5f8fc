# SPDX-License-Identifier: Apache-2.0
"""Fast-track: a server whose agent is up is used as it is, instead of being booted again."""

from typing import Any

from oslo_utils import strutils, timeutils

from ironic_lite.common import exception, states
from ironic_lite.conf import CONF

_LOOKUP = 10.0
"""Seconds within which an agent that has inspected its server looks its node up."""


def enabled(node: Any) -> bool:
    """Whether the node is to be kept up between operations: its own ``driver_info/fast_track``, else the option.

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
    """Whether an agent is up that has not called yet: it has just got its token, or sent what an inspection wanted."""
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
    """Whether an agent called so recently that it counts as alive, and may be used again."""
    if not enabled(node) or not node.agent_url or node.agent_last_heartbeat is None:
        return False
    silent = timeutils.utcnow(with_timezone=True) - node.agent_last_heartbeat
    return bool(silent.total_seconds() <= CONF.deploy.fast_track_timeout)
