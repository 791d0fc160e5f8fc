# SPDX-License-Identifier: Apache-2.0
"""Ports, and the ports in one port group."""

import contextlib
from collections.abc import Callable
from typing import Any

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import portgroups
from ironic_lite.api.controllers.v1.records import Parts, Values
from ironic_lite.api.resources.port import PORT
from ironic_lite.common import exception
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup

_NAMES_SINCE = 88
_GROUP_NETWORKS_SINCE = 102


class _Ports(Parts):
    def get(self, call: Call, ident: str) -> Port:
        """Return the port with this UUID, or from 1.88 on with this name, which may be any text but a MAC address."""
        if types.is_uuid(ident) or (call.minor >= _NAMES_SINCE and not types.is_mac(ident)):
            with contextlib.suppress(exception.PortNotFound):
                return Port.get(call.context, ident)
        self.check_ident(ident)
        raise Port.missing(ident)

    def index_of_portgroup(self, call: Call, record: Portgroup) -> webob.Response:
        """``GET /v1/portgroups/{portgroup}/ports``"""
        path = f"portgroups/{record.uuid}/{self.path}"
        return self._list(call, path, None, {"portgroup_id": record.id})

    def narrow(self, call: Call, narrowed: Values) -> None:
        group = narrowed.pop("portgroup", None)
        if group is not None:
            narrowed["portgroup_id"] = _visible(call, group).id
        named = narrowed.pop("node_uuid", None)
        if named is not None:
            narrowed.setdefault("node", named)
        super().narrow(call, narrowed)

    def node_of(self, values: Values) -> str:
        given = [values.pop(name, None) for name in ("node_uuid", "node_ident")]
        if given.count(None) != 1:
            raise exception.InvalidParameterValue(
                "Schema error for port: either 'node_uuid' or 'node_ident' is a required property"
            )
        ident: str = given[0] or given[1]
        return ident

    def prepare(self, call: Call, values: Values) -> None:
        _resolve_portgroup(call, values)

    def creator(self, call: Call, node: Node) -> Callable[[Any], Port]:
        conductor = call.conductors.of(node)
        return lambda port: conductor.create_port(call.context, port)

    def check(self, call: Call, record: Port, before: Values, changes: Values) -> None:
        _check_network(call, record, changes)
        _resolve_portgroup(call, changes)

    def save(self, call: Call, conductor: ConductorCalls, part: Any, expected: Values) -> Port:
        return conductor.update_port(call.context, part, expected=expected)

    def remove(self, call: Call, conductor: ConductorCalls, part: Any) -> None:
        conductor.destroy_port(call.context, part)


def _check_network(call: Call, port: Port, changes: Values) -> None:
    """Check a change of the physical network of a port in a port group.

    :raises Conflict: at microversions before port groups had networks. Later ones compare the networks of both.
    """
    stays = port.portgroup_id is not None and "portgroup_uuid" not in changes
    if stays and "physical_network" in changes and call.minor < _GROUP_NETWORKS_SINCE:
        raise exception.Conflict(
            f"Port {port.uuid} is in a port group, whose ports have to be in one physical network."
        )


def _resolve_portgroup(call: Call, values: Values) -> None:
    """Replace the UUID of a port group by its id.

    :raises Invalid: there is no such port group that the client may see.
    """
    if "portgroup_uuid" not in values:
        return
    uuid = values.pop("portgroup_uuid")
    try:
        values["portgroup_id"] = uuid and _visible(call, uuid).id
    except exception.PortgroupNotFound as exc:
        raise exception.Invalid(exc.message) from None


def _visible(call: Call, ident: str) -> Portgroup:
    """Return the port group, if the client may see it; raises as ``Parts.find``."""
    found: Portgroup = portgroups.RECORDS.find(call, ident, "baremetal:portgroup:get")
    return found


RECORDS = _Ports(PORT, Port, rules="port", variable="port", ident="port_ident", tagged=True)
