# SPDX-License-Identifier: Apache-2.0
"""Clients that guess passwords, while users with passwords work: `python -m tests.bench.guessers [--guessers 48]`.

The guessers run in a separate process, keep one connection each busy all the time, and ignore ``Retry-After``. The
known users show a node again and again; the benchmark compares their times before and during the attack.
"""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import multiprocessing
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bcrypt

from tests.bench.client import encode
from tests.bench.server import HOST
from tests.functional.deployment import Deployment

KNOWN = ("ada", "grace", "joan", "radia")
_TIMEOUT_S = 60.0


@dataclasses.dataclass
class Figures:
    """The seconds of each request of the known users, and the statuses of all replies."""

    seconds: list[float] = dataclasses.field(default_factory=list)
    statuses: Counter[int] = dataclasses.field(default_factory=Counter)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.seconds, n=20)[-1]


def password(user: str) -> str:
    """Return the password of a known user."""
    return f"{user}'s long and good one"


def users_file(path: Path, cost: int) -> Path:
    """Write an htpasswd file with the known users; return its path."""
    made = [
        f"{user}:{bcrypt.hashpw(password(user).encode(), bcrypt.gensalt(rounds=cost)).decode()}\n"
        for user in KNOWN
    ]
    path.write_text("".join(made))
    return path


def request(path: str, user: str, secret: str) -> bytes:
    """Return the bytes of a request with these credentials."""
    told = base64.b64encode(f"{user}:{secret}".encode())
    head, end, rest = encode("GET", path).partition(b"\r\n\r\n")
    return head + b"\r\nAuthorization: Basic " + told + end + rest


def _status(connection: socket.socket, sent: bytes) -> int:
    """Send a request on a connection, and return the status of the reply."""
    connection.sendall(sent)
    answer = b""
    while b"\r\n\r\n" not in answer:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionResetError
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65536)
    return int(head[9:12])


def look(port: int, path: str, seconds: float, users: Sequence[str] = KNOWN) -> Figures:
    """Let the known users GET a path for so many seconds, each over a separate connection."""
    figures = Figures()
    until = time.monotonic() + seconds

    def work(user: str) -> None:
        sent = request(path, user, password(user))
        connection = None
        while time.monotonic() < until:
            began = time.perf_counter()
            status = 0
            while not status:
                connection = connection or socket.create_connection((HOST, port), _TIMEOUT_S)
                try:
                    status = _status(connection, sent)
                except ConnectionError:
                    # The server may close a connection.
                    connection = connection.close()
            figures.statuses[status] += 1
            figures.seconds.append(time.perf_counter() - began)
            # Without a pause the known users would be the load themselves.
            time.sleep(0.01)
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return figures


class Guessers:
    """A process with many guessers.

    :param names: the users whose passwords they guess, in turn; None: another unknown user each time.
    """

    def __init__(self, port: int, count: int, names: Sequence[str] | None = KNOWN):
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._answers: Any = context.Queue()
        self._process = context.Process(
            target=_guess, args=(port, count, names, self._stop, self._answers), daemon=True
        )

    def __enter__(self) -> Guessers:
        self._process.start()
        self._answers.get(timeout=_TIMEOUT_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self.statuses: Counter[int] = self._answers.get(timeout=_TIMEOUT_S)
        self._process.join(_TIMEOUT_S)


def _guess(port: int, count: int, names: Sequence[str] | None, stop: Any, answers: Any) -> None:
    statuses: Counter[int] = Counter()
    number = 0

    def guess(connection: socket.socket) -> None:
        nonlocal number
        number += 1
        name = f"user-{number}" if names is None else names[number % len(names)]
        connection.sendall(request("/v1/nodes", name, f"guess {number}"))

    with selectors.DefaultSelector() as selector:
        for _ in range(count):
            connection = socket.create_connection((HOST, port), _TIMEOUT_S)
            selector.register(connection, selectors.EVENT_READ)
            guess(connection)
        answers.put(None)
        while not stop.is_set():
            for key, _ in selector.select(0.1):
                connection = key.fileobj  # type: ignore[assignment]
                try:
                    answer = connection.recv(65536)
                except ConnectionError:
                    answer = b""
                if answer.startswith(b"HTTP/1.1 "):
                    statuses[int(answer[9:12])] += 1
                    guess(connection)
                elif not answer:
                    selector.unregister(connection)
                    connection.close()
                    connection = socket.create_connection((HOST, port), _TIMEOUT_S)
                    selector.register(connection, selectors.EVENT_READ)
                    guess(connection)
    answers.put(statuses)


def service(directory: Path, cost: int) -> Deployment:
    """Start the service with the known users, who have full access."""
    users = users_file(directory / "htpasswd", cost)
    options = {"DEFAULT": {"auth_strategy": "http_basic", "http_basic_auth_user_file": users}}
    return Deployment(
        directory,
        database=f"sqlite:///{directory}/ironic-lite.sqlite",
        options=options,
        credentials=(KNOWN[0], password(KNOWN[0])),
    )


def main() -> int:
    """Measure, and print a table; exit status 1 if the known users are delayed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guessers", description=__doc__)
    parser.add_argument("--guessers", type=int, default=48)
    parser.add_argument("--cost", type=int, default=12, help="of bcrypt")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measure")
    given = parser.parse_args()
    worst = 0.0
    with (
        tempfile.TemporaryDirectory() as directory,
        service(Path(directory), given.cost) as lite,
    ):
        lite.start_all_in_one()
        node = lite.create_node(driver="fake-hardware")
        path = f"/v1/nodes/{node}"
        look(lite.port, path, 2.0)
        for title, names in (("their names", KNOWN), ("names that nobody has", None)):
            calm = look(lite.port, path, given.seconds)
            with Guessers(lite.port, given.guessers, names) as guessers:
                attacked = look(lite.port, path, given.seconds)
            ratio = attacked.p95 / calm.p95
            worst = max(worst, ratio)
            print(
                f"{given.guessers} guess {title}: known users' p95 {calm.p95 * 1000:.1f} -> "
                f"{attacked.p95 * 1000:.1f} ms ({ratio:.1f} times), "
                f"their statuses {json.dumps(dict(attacked.statuses))}, "
                f"the guessers' {json.dumps(dict(guessers.statuses))}"
            )
            if set(attacked.statuses) != {200}:
                return 1
    return 0 if worst <= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
