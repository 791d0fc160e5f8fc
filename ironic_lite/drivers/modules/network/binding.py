# SPDX-License-Identifier: Apache-2.0
"""Waiting until Neutron has connected ports."""

import time
from collections.abc import Iterable
from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import client, port_events
from ironic_lite.drivers.modules.network.client import Neutron

FIELD = "fail_on_binding_failure"

_FIRST, _SLOWEST = 0.2, 5.0
"""Seconds between two looks at a port, at first and at most."""

_BRIEF = 30.0
"""Seconds to wait at most while a client waits for the answer."""


def matters(node: Any, by_default: bool) -> bool:
    """Return whether a port that is not connected fails the operation.

    :param by_default: for nodes that do not say so themselves.
    :raises InvalidParameterValue: when the node's own setting is neither true nor false.
    """
    own = node.driver_info.get(FIELD)
    if own is None:
        return by_default
    try:
        return strutils.bool_from_string(own, strict=True)
    except ValueError:
        raise exception.InvalidParameterValue(
            err=f"driver_info/{FIELD} of node {node.uuid} must be true or false."
        ) from None


def wait(task: Task, port_ids: Iterable[str], brief: bool = False) -> None:
    """Wait until all these ports are active.

    :param brief: a client waits for it.
    :raises NetworkError: when a port fails to bind, is gone, or is not active in time.
    """
    neutron = Neutron(task.ensure_locked)
    seconds = float(CONF.neutron.port_binding_timeout)
    deadline = time.monotonic() + (min(seconds, _BRIEF) if brief else seconds)
    for port_id in port_ids:
        with port_events.expected(port_id) as arrived:
            _wait(neutron, port_id, deadline, arrived)


def _wait(neutron: Neutron, port_id: str, deadline: float, arrived: port_events.Arrived) -> None:
    pause = _FIRST
    while True:
        seen = neutron.port(port_id)
        if seen is None:
            raise exception.NetworkError(
                f"Port {port_id} was deleted in Neutron while it was being connected."
            )
        if seen.status == client.ACTIVE:
            return
        if seen.vif_type == client.BINDING_FAILED:
            raise exception.NetworkError(
                f"Neutron could not bind port {port_id} (binding_failed). Check local_link_connection and "
                "physical_network of the node's ports, and the mechanism drivers and agents of Neutron."
            )
        left = deadline - time.monotonic()
        if left <= 0:
            raise exception.NetworkError(
                f"Port {port_id} is still {seen.status or 'not active'} in Neutron. Check its DHCP agent and mechanism "
                "driver, or raise [neutron] port_binding_timeout."
            )
        arrived.wait(min(pause, left))
        pause = min(pause * 1.5, _SLOWEST)
