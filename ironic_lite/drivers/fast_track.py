# SPDX-License-Identifier: Apache-2.0
"""Fast-track: a server whose agent is up is used as it is, instead of being booted again."""

from typing import Any

from oslo_utils import strutils, timeutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF


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


def agent_is_up(node: Any) -> bool:
    """Whether an agent called so recently that it counts as alive, and may be used again."""
    if not enabled(node) or not node.agent_url or node.agent_last_heartbeat is None:
        return False
    silent = timeutils.utcnow(with_timezone=True) - node.agent_last_heartbeat
    return bool(silent.total_seconds() <= CONF.deploy.fast_track_timeout)
