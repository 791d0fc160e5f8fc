# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of all agents of a rack, on one server; the port selects the agent."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ironic_lite.common import json_reading
from ironic_lite_simulator.agent import errors
from ironic_lite_simulator.agent.agent import Agent, AgentUnreachable

_UNAUTHORIZED = "401 Unauthorized: Token invalid."
_NO_COMMAND = "400 Bad Request: Missing or invalid name or params"

FindAgent = Callable[[int], Agent | None]
Answer = Callable[[web.Request], Awaitable[web.Response]]


def routes(find_agent: FindAgent) -> list[web.RouteDef]:
    """Return the routes; ``find_agent`` returns the agent that answers at a port, or None."""
    api = _AgentApi(find_agent)
    found = []
    # The version may be missing from the path, as with the real agent.
    for root in ("/v1", ""):
        found += [
            web.get(f"{root}/status", api.served(api.status, needs_token=False)),
            web.get(f"{root}/commands/", api.served(api.list_results)),
            web.post(f"{root}/commands/", api.served(api.run_command)),
            web.get(f"{root}/commands/{{id}}", api.served(api.get_result)),
        ]
    return found


class _AgentApi:
    def __init__(self, find_agent: FindAgent) -> None:
        self._find_agent = find_agent

    def served(
        self,
        handler: Callable[[Agent, web.Request], Awaitable[web.Response]],
        needs_token: bool = True,
    ) -> Answer:
        """Return the route's handler: it calls ``handler`` with the agent at the port and the request."""

        async def serve(request: web.Request) -> web.Response:
            agent = self._agent(request)
            if agent is None:
                return _hang_up(request)
            if needs_token and not agent.accepts(request.query.get("agent_token")):
                return _fault(401, _UNAUTHORIZED)
            return await handler(agent, request)

        return serve

    async def status(self, agent: Agent, _request: web.Request) -> web.Response:
        return web.json_response({"started_at": agent.started_at, "version": agent.version})

    async def list_results(self, agent: Agent, _request: web.Request) -> web.Response:
        return web.json_response({"commands": agent.results()})

    async def get_result(self, agent: Agent, request: web.Request) -> web.Response:
        return await self._answer(request, agent.result(request.match_info["id"], _wait(request)))

    async def run_command(self, agent: Agent, request: web.Request) -> web.Response:
        try:
            body = json_reading.read(await request.read(), json_reading.AGENTS)
            name, params = body["name"], body["params"]
        except (ValueError, KeyError, TypeError):
            return _fault(400, _NO_COMMAND)
        if not isinstance(name, str) or not isinstance(params, dict):
            return _fault(400, _NO_COMMAND)
        work = agent.execute(name, params, _wait(request), client=request.remote)
        return await self._answer(request, work)

    def _agent(self, request: web.Request) -> Agent | None:
        assert request.transport is not None
        agent = self._find_agent(request.transport.get_extra_info("sockname")[1])
        return agent if agent is not None and agent.reachable else None

    async def _answer(self, request: web.Request, work: Any) -> web.Response:
        try:
            return web.json_response(await work)
        except errors.AgentError as exc:
            return _fault(exc.code, str(exc))
        except AgentUnreachable:
            return _hang_up(request)


def _hang_up(request: web.Request) -> web.Response:
    # A server that is off does not answer. Its port stays open here, so the closest thing is to drop the
    # connection. Nobody receives the response.
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _wait(request: web.Request) -> bool:
    return request.query.get("wait", "").lower() == "true"


def _fault(status: int, text: str) -> web.Response:
    code = "Server" if status >= 500 else "Client"
    return web.json_response({"faultcode": code, "faultstring": text}, status=status)
