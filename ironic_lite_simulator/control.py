# SPDX-License-Identifier: Apache-2.0
"""The rack's control API: status of its servers, faults, the journal and images.

========================  ==================================================================
GET /servers              status of all servers
GET /servers/N            status of one
GET /servers/N/console    its serial console's last lines, as text
PUT /servers/N/faults     set the faults of a JSON object; returns those in force
DELETE /servers/N/faults  make it healthy
GET /log                  journal; ``since=SEQ`` and ``server=NAME`` narrow it
GET /images               names, sizes and SHA-256 of the images
GET /images/NAME          an image
========================  ==================================================================
"""

import json
from typing import Any, Protocol

from aiohttp import web

from ironic_lite.common import json_reading, safe_text
from ironic_lite_simulator import images
from ironic_lite_simulator.faults import Faults, InvalidFault
from ironic_lite_simulator.journal import Journal


class ServerView(Protocol):
    """A server as the control API sees it."""

    name: str
    faults: Faults

    def status(self) -> dict[str, Any]:
        """Return what GET /servers/N shows."""
        ...

    def console(self) -> list[str]: ...


def routes(servers: list[Any], journal: Journal) -> list[web.RouteDef]:
    control = _Control(servers, journal)
    one = "/servers/{index:\\d+}"
    return [
        web.get("/servers", control.list_servers),
        web.get(one, control.show_server),
        web.get(f"{one}/console", control.console),
        web.put(f"{one}/faults", control.set_faults),
        web.delete(f"{one}/faults", control.clear_faults),
        web.get("/log", control.log),
        web.get("/images", control.list_images),
        web.get("/images/{name}", control.get_image),
    ]


class _Control:
    def __init__(self, servers: list[ServerView], journal: Journal) -> None:
        self._servers = servers
        self._journal = journal

    async def list_servers(self, _request: web.Request) -> web.Response:
        return web.json_response({"servers": [s.status() for s in self._servers]})

    async def show_server(self, request: web.Request) -> web.Response:
        return web.json_response(self._server(request).status())

    async def console(self, request: web.Request) -> web.Response:
        lines = map(safe_text.one_line, self._server(request).console())
        return web.Response(text="\n".join(lines) + "\n")

    async def set_faults(self, request: web.Request) -> web.Response:
        server = self._server(request)
        try:
            changes = json_reading.read(await request.read())
            if not isinstance(changes, dict):
                raise InvalidFault("The body must be a JSON object of faults.")
            server.faults.update(changes)
        except (json_reading.Unreadable, InvalidFault) as exc:
            return web.json_response({"error": str(exc)}, status=400)
        self._journal.record(server.name, "rack", "faults", **server.faults.active())
        return web.json_response(server.faults.active())

    async def clear_faults(self, request: web.Request) -> web.Response:
        server = self._server(request)
        server.faults.clear()
        self._journal.record(server.name, "rack", "faults")
        return web.json_response({})

    async def log(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            return web.json_response({"error": "since must be a number."}, status=400)
        entries = self._journal.since(since, request.query.get("server"))
        return web.json_response({"log": [e.as_dict() for e in entries]})

    async def list_images(self, _request: web.Request) -> web.Response:
        found = [
            {"name": i.name, "size": len(i.content), "sha256": i.sha256}
            for i in images.catalog().values()
        ]
        return web.json_response({"images": found})

    async def get_image(self, request: web.Request) -> web.Response:
        image = images.catalog().get(request.match_info["name"])
        if image is None:
            return web.json_response(
                {"error": f"No such image. There are: {', '.join(images.catalog())}."}, status=404
            )
        return web.Response(body=image.content, content_type="application/octet-stream")

    def _server(self, request: web.Request) -> ServerView:
        index = int(request.match_info["index"])
        if index >= len(self._servers):
            body = json.dumps({"error": f"No server {index}; there are {len(self._servers)}."})
            raise web.HTTPNotFound(text=body, content_type="application/json")
        return self._servers[index]
