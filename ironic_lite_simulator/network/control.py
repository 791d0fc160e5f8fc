# SPDX-License-Identifier: Apache-2.0
"""The switch in the rack's control API.

============================  ==============================================================
GET /switch                   its VLANs and ports, and the port of its SSH server
GET /switch/ports/NAME        one port, such as ``Ethernet1/4`` or ``Eth1/4``
PUT /switch/ports/NAME        ``{"network": 101}`` puts it into VLAN 101, ``null`` into none
DELETE /switch/ports/NAME     takes it out of its VLAN
============================  ==============================================================
"""

from aiohttp import web

from ironic_lite.common import json_reading
from ironic_lite_simulator.network.fabric import Fabric
from ironic_lite_simulator.switch.switch import SwitchError


def routes(fabric: Fabric) -> list[web.RouteDef]:
    """Return the routes of the switch."""
    control = _Control(fabric)
    port = "/switch/ports/{name:.+}"
    return [
        web.get("/switch", control.show),
        web.get(port, control.show_port),
        web.put(port, control.plug),
        web.delete(port, control.unplug),
    ]


class _Control:
    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric

    async def show(self, _request: web.Request) -> web.Response:
        return web.json_response(self._fabric.status())

    async def show_port(self, request: web.Request) -> web.Response:
        try:
            return self._port(request)
        except SwitchError as exc:
            return _error(exc, 404)

    async def plug(self, request: web.Request) -> web.Response:
        try:
            self._fabric.switch.port(request.match_info["name"])
        except SwitchError as exc:
            return _error(exc, 404)
        try:
            body = json_reading.read(await request.read())
            if not isinstance(body, dict) or body.keys() != {"network"}:
                raise SwitchError('The body must be {"network": N}, or null for none.')
            if body["network"] is None:
                await self._fabric.unplug(request.match_info["name"])
            else:
                await self._fabric.plug(request.match_info["name"], body["network"])
        except (json_reading.Unreadable, SwitchError) as exc:
            return _error(exc, 400)
        return self._port(request)

    async def unplug(self, request: web.Request) -> web.Response:
        try:
            await self._fabric.unplug(request.match_info["name"])
            return self._port(request)
        except SwitchError as exc:
            return _error(exc, 404)

    def _port(self, request: web.Request) -> web.Response:
        switch = self._fabric.switch
        return web.json_response(switch.port_status(switch.port(request.match_info["name"])))


def _error(exc: Exception, status: int) -> web.Response:
    return web.json_response({"error": str(exc)}, status=status)
