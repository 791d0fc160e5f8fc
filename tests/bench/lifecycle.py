# SPDX-License-Identifier: Apache-2.0
"""State changes: the whole lifecycle of fake-hardware nodes, and power on and off.

Both services answer such a request before the work is done, so the client polls: after 10 ms, then after twice the time
up to 160 ms. This neither floods a slow service with polls nor makes a fast one look slow. A power change takes a few
milliseconds only, so its first poll is after 1 ms.
"""

from __future__ import annotations

import concurrent.futures
import json
import time
import uuid

from tests.bench.client import Client, RequestError, encode

FIRST_POLL_S = 0.01
FIRST_POWER_POLL_S = 0.001
LONGEST_POLL_S = 0.16
TIMEOUT_S = 60.0

LIFE = (
    ("manage", "manageable"),
    ("provide", "available"),
    ("active", "active"),
    ("deleted", "available"),
)


def life_rate(port: int, nodes: int, drivers: int) -> tuple[float, list[RequestError]]:
    """Take nodes from enrollment to active and back to available.

    :param drivers: number of nodes at the same time, each over a separate connection
    :return: successful nodes per second, and the errors of the others
    """
    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(drivers) as pool:
        results = list(pool.map(_live, [port] * nodes))
    spent = time.perf_counter() - begun
    failures = [result for result in results if result is not None]
    return (nodes - len(failures)) / spent, failures


def power_cycle(client: Client, node: str) -> float:
    """Power a node on and off; return the seconds until the record shows the end of both."""
    begun = time.perf_counter()
    for target in ("power on", "power off"):
        _put(client, f"/v1/nodes/{node}/states/power", {"target": target})
        _wait(client, node, "power_state", target, FIRST_POWER_POLL_S)
    return time.perf_counter() - begun


def _live(port: int) -> RequestError | None:
    try:
        _life(port, str(uuid.uuid4()))
    except RequestError as exc:
        return exc
    return None


def _life(port: int, node: str) -> None:
    with Client(port) as client:
        client.call("POST", "/v1/nodes", {"uuid": node, "driver": "fake-hardware"})
        for verb, state in LIFE:
            move(client, node, verb, state)
        client.call("DELETE", f"/v1/nodes/{node}")


def move(client: Client, node: str, verb: str, state: str) -> None:
    """Request a change of provision state, and wait for the state. Raises RequestError if the node fails."""
    _put(client, f"/v1/nodes/{node}/states/provision", {"target": verb})
    _wait(client, node, "provision_state", state)


def _put(client: Client, path: str, body: dict[str, str]) -> None:
    """Send a PUT, and repeat it while the node is locked (409) or the service is busy (503).

    A request with a 503 may have succeeded; if its repetition is refused, it has.
    """
    request = encode("PUT", path, body)
    deadline, pause = time.monotonic() + TIMEOUT_S, FIRST_POLL_S
    unknown = False
    while True:
        status, data = client.send(request)
        if status == 202 or (unknown and status == 400):
            return
        unknown = unknown or status == 503
        if status not in (409, 503) or time.monotonic() > deadline:
            raise RequestError(f"PUT {path} {body}: {status} {data[:500]!r}")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_POLL_S)


def _wait(client: Client, node: str, field: str, wanted: str, pause: float = FIRST_POLL_S) -> None:
    """Wait until a field of the node has the wanted value and the node is not locked.

    :param pause: seconds before the first poll.
    """
    request = encode(
        "GET", f"/v1/nodes/{node}?fields=provision_state,power_state,reservation,last_error"
    )
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        time.sleep(pause)
        status, data = client.send(request)
        body = json.loads(data)
        if status != 200:
            raise RequestError(f"GET {node}: {status} {body}")
        if body[field] == wanted and body["reservation"] is None:
            return
        if str(body["provision_state"]).endswith("failed") or time.monotonic() > deadline:
            raise RequestError(f"node {node} is stuck: {body}")
        pause = min(2 * pause, LONGEST_POLL_S)
