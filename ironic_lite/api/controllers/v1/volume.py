# SPDX-License-Identifier: Apache-2.0
"""Volume connectors and volume targets; and those of one node."""

from typing import Any

import webob

from ironic_lite.api import replies
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.records import Parts, Values
from ironic_lite.api.controllers.v1.route_access import allowed, on_node
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.resources.volume import CONNECTOR, TARGET
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.objects.node import Node
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Volume = VolumeConnector | VolumeTarget


@allowed("volume:get", Form(reply=replies.VOLUME))
def index(call: Call) -> webob.Response:
    """``GET /v1/volume``"""
    return _links(call, "volume")


@on_node("volume:get", Form(reply=replies.VOLUME))
def of_node(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/volume``"""
    return _links(call, f"nodes/{node.uuid}/volume")


def _links(call: Call, path: str) -> webob.Response:
    links = call.view.links
    parts = {part: links(f"{path}/{part}") for part in ("connectors", "targets")}
    return call.reply({"links": links(f"{path}/"), **parts})


class _Volumes(Parts):
    """A server must be off when a volume that it uses changes; the conductor checks that."""

    def __init__(self, resource: Resource, kind: type[Volume]):
        super().__init__(
            resource, kind, rules="volume", variable="uuid", ident=f"{resource.name}_uuid"
        )
        self.path = f"volume/{resource.collection}"

    def save(self, call: Call, conductor: ConductorCalls, part: Any, expected: Values) -> Volume:
        return conductor.update_volume(call.context, part, expected=expected)

    def remove(self, call: Call, conductor: ConductorCalls, part: Any) -> None:
        conductor.destroy_volume(call.context, part)


CONNECTORS = _Volumes(CONNECTOR, VolumeConnector)
TARGETS = _Volumes(TARGET, VolumeTarget)
