# SPDX-License-Identifier: Apache-2.0
"""The networks of the service: where servers are cleaned, deployed, rescued, serviced and inspected."""

import threading
import time
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network.client import Neutron

_REMEMBERED = 30.0
"""Seconds for which the UUID of a name is known without a request."""


_Asked = tuple[str, str | None]
"""The name or UUID of a network, and the owner who must be allowed to use it."""


class _Known:
    """UUIDs of networks that were found, each for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[_Asked, tuple[str, float]] = {}

    def get(self, asked: _Asked) -> str | None:
        with self._lock:
            uuid, until = self._found.get(asked, (None, 0.0))
            return uuid if time.monotonic() < until else None

    def set(self, asked: _Asked, uuid: str) -> None:
        with self._lock:
            self._found[asked] = uuid, time.monotonic() + _REMEMBERED

    def forget(self, uuid: str) -> None:
        with self._lock:
            self._found = {i: found for i, found in self._found.items() if found[0] != uuid}


_known = _Known()


def wanted(node: Any, purpose: Purpose) -> str:
    """Return the name or UUID of the node's network for a purpose.

    :raises MissingParameterValue: when neither the node nor the configuration has one.
    :raises InvalidParameterValue: when the node has something else there.
    """
    own = node.driver_info.get(purpose.setting)
    if own is not None and not isinstance(own, str):
        raise exception.InvalidParameterValue(
            err=f"driver_info/{purpose.setting} of node {node.uuid} must be the name or UUID of a network."
        )
    ident = own or CONF.neutron[purpose.setting]
    if not ident:
        raise exception.MissingParameterValue(
            err=f"There is no {purpose.value} network for node {node.uuid}: set [neutron] {purpose.setting} or "
            f"driver_info/{purpose.setting} to the name or UUID of a network."
        )
    return str(ident)


def find(task: Task, purpose: Purpose) -> str:
    """Return the UUID of the node's network for a purpose.

    :raises MissingParameterValue: when none is set.
    :raises InvalidParameterValue: when there is no such network, or more than one.
    :raises NetworkError: when Neutron does not answer.
    """
    ident = wanted(task.node, purpose)
    asked = ident, _owner(task.node, ident, purpose)
    known = _known.get(asked)
    if known is not None:
        return known
    found = _usable(Neutron(task.ensure_locked), *asked)
    if not found:
        raise exception.InvalidParameterValue(
            err=f"{purpose.setting} '{ident}' of node {task.node.uuid} was not found in Neutron"
            + (
                ", or its owner may not use it ([neutron] only_networks_of_the_owner)"
                if asked[1]
                else ""
            )
            + f"; create it, or set [neutron] {purpose.setting} or driver_info/{purpose.setting} to another network."
        )
    if len(found) > 1:
        raise exception.InvalidParameterValue(
            err=f"More than one network has the name '{ident}' of {purpose.setting} of node {task.node.uuid}: "
            f"{', '.join(found)}. Use the UUID of one of them."
        )
    _known.set(asked, found[0])
    return found[0]


def _owner(node: Any, ident: str, purpose: Purpose) -> str | None:
    """Return the node's owner, if the network was not chosen by the operator but perhaps by the owner."""
    if ident == CONF.neutron[purpose.setting] or not CONF.neutron.only_networks_of_the_owner:
        return None
    return node.owner or None


def _usable(neutron: Neutron, ident: str, owner: str | None) -> list[str]:
    """Return the UUIDs of the networks of this name or UUID that the owner may use; without an owner, of all.

    Every project can give its own networks any name. So of several networks, that of our own project is meant.
    """
    found = neutron.networks_named(ident)
    if not found or (owner is None and len(found) == 1):
        return [each.id for each in found]
    own = neutron.own_project()
    if owner is not None and own is not None:
        found = [each for each in found if each.is_shared or each.project_id in (owner, own)]
    ours = [each for each in found if own is not None and each.project_id == own]
    return [each.id for each in (ours if len(ours) == 1 else found)]


def forget(uuid: str) -> None:
    """Look a network up again next time, because it may be gone."""
    _known.forget(uuid)
