# SPDX-License-Identifier: Apache-2.0
"""Heartbeats of many agents at once, while an operator works: `python -m tests.bench.storm [--agents 1000]`.

The nodes wait for a cleaning step, which still runs for one half of them, and has ended for the other. The agents
behave as real ones: they repeat a heartbeat that is not answered with 202 after 5 to 10 seconds. Conductors also poll
agents. If a poll has ended the cleaning of a node, its server is off, and its agent sends no more heartbeats.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import random
import statistics
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from tests.bench.client import Client, RequestError, encode
from tests.bench.server import HOST
from tests.functional.deployment import Deployment

REPLY_TIMEOUT_S = 120.0
RETRY_S = (5.0, 10.0)
"""A real agent calls again this long after a failure."""
STORM_S = 600.0
"""No storm lasts longer."""

_FORGOTTEN = (400, 404)
"""How a call is refused whose token is void: by a conductor (400), or by the API (404)."""

_COMMAND = "5d9c0f8e-5b1c-4d83-a6a5-6a5b4d0c8d0e"
_STEPS = [{"step": "scrub", "interface": "deploy", "priority": 10, "abortable": True}]


@dataclasses.dataclass(frozen=True)
class Call:
    """One request of an agent or of the operator.

    :ivar status: of the reply; 0 if there was none
    :ivar retry_after: whether the reply had ``Retry-After``
    """

    status: int
    seconds: float
    retry_after: bool = False


class Agents:
    """The agents of many nodes, in one thread and at one URL; a request's token identifies the agent."""

    def __init__(self) -> None:
        self._nodes: dict[str, str] = {}
        self.running: set[str] = set()
        """UUIDs of the nodes whose command still runs."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, HOST, 0, backlog=4096))
        self.url = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop the agents' server."""
        self._server.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            length = 0
            for line in head.split("\r\n"):
                if line.lower().startswith("content-length:"):
                    length = int(line.partition(":")[2])
            body = await reader.readexactly(length)
            reply = json.dumps(self._answer(method, path, body)).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(reply)
            )
            writer.write(reply)
            await writer.drain()
        writer.close()

    def _answer(self, method: str, path: str, body: bytes) -> object:
        node = self._nodes.get(path.rpartition("agent_token=")[2])
        if method == "GET" and path.split("?", maxsplit=1)[0].endswith("/commands/"):
            return {"commands": []}
        name = json.loads(body)["name"] if body else "clean.execute_clean_step"
        status = "RUNNING" if "execute" in name and node in self.running else "SUCCEEDED"
        return {
            "id": _COMMAND,
            "command_name": name.partition(".")[2],
            "command_status": status,
            "command_error": None,
            "command_result": {
                "clean_steps": {"Manager": _STEPS},
                "hardware_manager_version": {"Manager": "1"},
            },
        }

    def start(self, tokens: dict[str, str]) -> None:
        """Start the agents of these nodes, each with a running command.

        :param tokens: UUID of the node -> token of its agent.
        """
        self._nodes.update({token: node for node, token in tokens.items()})
        self.running |= set(tokens)

    def heartbeats(self, tokens: dict[str, str]) -> dict[str, bytes]:
        """Return the heartbeat of each agent: UUID of the node -> bytes of the request."""
        return {node: self._heartbeat(node, token) for node, token in tokens.items()}

    def _heartbeat(self, node: str, token: str) -> bytes:
        body = {
            "callback_url": self.url,
            "agent_token": token,
            "agent_version": "13.0.0",
        }
        return encode("POST", f"/v1/heartbeat/{node}", body)

    def storm(
        self, port: int, requests: dict[str, bytes], retry_s: tuple[float, float] = RETRY_S
    ) -> list[list[Call]]:
        """Let all agents send their requests at once, and repeat each until it gets a 202 or its server is off.

        Return the calls of each agent.

        :raises TimeoutError: some agents did not get there.
        """

        async def all_call() -> list[list[Call]]:
            async with asyncio.timeout(STORM_S):
                return await asyncio.gather(
                    *(
                        self._call_until_heard(node, port, request, retry_s)
                        for node, request in requests.items()
                    )
                )

        calls: list[list[Call]] = self._run(all_call())
        return calls

    async def _call_until_heard(
        self, node: str, port: int, request: bytes, retry_s: tuple[float, float]
    ) -> list[Call]:
        calls: list[Call] = []
        while not calls or calls[-1].status not in (200, 202):
            if calls:
                await asyncio.sleep(random.uniform(*retry_s))
            calls.append(await _exchange(port, request))
            if node not in self.running and calls[-1].status in _FORGOTTEN:
                break
        return calls


def lookups(nodes: Iterable[str]) -> dict[str, bytes]:
    """Return the lookup of each node's agent: UUID of the node -> bytes of the request."""
    return {node: encode("GET", f"/v1/lookup?node_uuid={node}") for node in nodes}


async def _exchange(port: int, request: bytes) -> Call:
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(REPLY_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return Call(0, time.perf_counter() - begun)
    return Call(int(head[9:12]), time.perf_counter() - begun, b"\r\nretry-after:" in head.lower())


class Operator:
    """Shows a node and powers it on and off, each time over a new connection."""

    def __init__(self, port: int, node: str) -> None:
        self._port = port
        self._node = node
        self._stop = threading.Event()
        self.shows: list[Call] = []
        self.powers: list[Call] = []

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Work in a separate thread meanwhile."""
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _work(self) -> None:
        on = True
        while not self._stop.is_set():
            self.shows.append(self._send(encode("GET", f"/v1/nodes/{self._node}")))
            body = {"target": "power on" if on else "power off"}
            self.powers.append(
                self._send(encode("PUT", f"/v1/nodes/{self._node}/states/power", body))
            )
            on = not on
            self._stop.wait(0.1)

    def _send(self, request: bytes) -> Call:
        begun = time.perf_counter()
        try:
            with Client(self._port) as client:
                status, _body = client.send(request)
        except (OSError, RequestError):
            status = 0
        return Call(status, time.perf_counter() - begun)


def waiting_nodes(cloud: Deployment, agents: Agents, count: int) -> dict[str, str]:
    """Create ``count`` nodes whose cleaning step runs in an agent; return UUID -> token of the agent.

    One node is cleaned through the API; the others are copies of its record.
    """
    first = cloud.create_node(
        driver="fake-hardware", deploy_interface="direct", boot_interface="fake"
    )
    cloud.set_provision_state(first, "manage", until="manageable")
    cloud.set_provision_state(first, "provide", until="clean wait")
    found = cloud.call("GET", f"/v1/lookup?node_uuid={first}")
    tokens = {first: found["config"]["agent_token"]}
    agents.start(tokens)
    agents.storm(cloud.port, agents.heartbeats(tokens))
    cloud.wait_for_node(
        first, provision_state="clean wait", reservation=None, clean_step={**_STEPS[0], **_CLEAN}
    )
    copies = {str(uuid.uuid4()): str(uuid.uuid4()) for _ in range(count - 1)}
    # Before the nodes exist, because conductors poll the agents of existing nodes at once.
    agents.start(copies)
    _copy(cloud.database, first, agents.url, copies)
    return tokens | copies


_CLEAN = {"argsinfo": None, "reboot_requested": False, "requires_ramdisk": True}


def _copy(database: str, template: str, url: str, tokens: dict[str, str]) -> None:
    engine = sa.create_engine(database, poolclass=sa.pool.NullPool)
    nodes = sa.Table("nodes", sa.MetaData(), autoload_with=engine)
    with engine.begin() as connection:
        row = dict(
            connection.execute(sa.select(nodes).where(nodes.c.uuid == template)).mappings().one()
        )
        del row["id"]
        copies = [
            {**row, "uuid": node, "agent_secret_token": token, "agent_url": url}
            for node, token in tokens.items()
        ]
        if copies:
            connection.execute(sa.insert(nodes), copies)


def percentiles(calls: list[Call]) -> str:
    """Return as text the median, 95th percentile and maximum in milliseconds, with the statuses."""
    times = sorted(1000 * each.seconds for each in calls)
    answers = ", ".join(f"{n} x {s}" for s, n in sorted(Counter(c.status for c in calls).items()))
    return (
        f"median {statistics.median(times):.0f} ms, 95% {times[int(0.95 * (len(times) - 1))]:.0f} ms, "
        f"longest {times[-1]:.0f} ms ({answers})"
    )


def main() -> int:
    """Measure without a storm, with a storm of agents whose commands run, and with one in which half have ended."""
    from tests.bench import scale

    parser = argparse.ArgumentParser(prog="python -m tests.bench.storm", description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--database", choices=sorted(scale.DATABASES), default="mariadb")
    args = parser.parse_args()
    with scale.cluster(args.database) as (cloud, servers), contextlib.closing(Agents()) as agents:
        tokens = waiting_nodes(cloud, agents, args.agents)
        mine = cloud.create_node(driver="fake-hardware")
        quiet = Operator(cloud.port, mine)
        with quiet.at_work():
            time.sleep(5)
        print("quiet: show ", percentiles(quiet.shows))
        print("       power", percentiles(quiet.powers))
        for title in ("commands run", "half have ended"):
            operator = Operator(cloud.port, mine)
            cost = scale.Cost(cloud, servers)
            begun = time.perf_counter()
            with operator.at_work():
                calls = agents.storm(cloud.port, agents.heartbeats(tokens))
            print(f"{title}: all heard after {time.perf_counter() - begun:.1f} s")
            print("  agents", percentiles([call for each in calls for call in each]))
            print("  show  ", percentiles(operator.shows))
            print("  power ", percentiles(operator.powers))
            print("  a call costs", scale.each(cost.spent(), sum(map(len, calls))))
            agents.running = set(list(tokens)[::2])
        states: Counter[str] = Counter()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            listed = cloud.call(
                "GET", "/v1/nodes?fields=uuid,provision_state,last_error&limit=1000"
            )
            states = Counter(n["provision_state"] for n in listed["nodes"] if n["uuid"] in tokens)
            if states["available"] >= len(tokens) // 2 - 1:
                break
            time.sleep(0.2)
        print("states in the end:", dict(states))
    return 0


if __name__ == "__main__":
    sys.exit(main())
