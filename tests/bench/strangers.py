# SPDX-License-Identifier: Apache-2.0
"""The effect of hostile clients on others: silent and slow connections, and large bodies without authentication.

`python -m tests.bench.strangers` starts ironic_lite on a plain and on a TLS port. It prints, with the values of the
same run without hostile clients: the time of a health check and of showing a node, the number of refused requests, the
time until slow connections are closed, and the memory that hostile bodies take, during the attack and after it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import pathlib
import resource
import selectors
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from tests.bench import lite, memory, peer
from tests.bench.client import encode
from tests.bench.server import HOST, Launch, Server, ServerError, free_port
from tests.functional.api import certificates

DRIP_S = 3.0
MIB = 1024 * 1024
_MOST_FILES = 8192

HEALTH = encode("GET", "/healthcheck")


class Connection:
    """One keep-alive connection to a plain or a TLS port."""

    def __init__(self, port: int, tls: bool):
        plain = socket.create_connection((HOST, port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = _client_context().wrap_socket(plain) if tls else plain

    def timed(self, request: bytes) -> float:
        """Send a request; return the milliseconds until the whole reply was read.

        :raises OSError: there was no reply.
        :raises ServerError: the status of the reply is not 2xx.
        """
        begun = time.perf_counter()
        self._socket.sendall(request)
        reply = b""
        while b"\r\n\r\n" not in reply:
            reply += self._receive()
        head, _, body = reply.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise ServerError(head.decode())
        length = int(head.lower().split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        left = length - len(body)
        while left > 0:
            left -= len(self._receive())
        return (time.perf_counter() - begun) * 1000

    def _receive(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionResetError("closed before the reply was whole")
        return chunk

    def close(self) -> None:
        self._socket.close()


def _client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclasses.dataclass(frozen=True)
class Seen:
    """The measurements of an honest client.

    :param kept: median milliseconds on a keep-alive connection, by request.
    :param refused: number of requests on new connections, of ``tried``, that got no reply.
    """

    kept: dict[str, float]
    refused: int
    tried: int


def look(port: int, tls: bool, node: str, rounds: int) -> Seen:
    """Send the requests of an honest client, and measure them."""
    requests = {"health check": HEALTH, "show a node": encode("GET", f"/v1/nodes/{node}")}
    kept = {}
    with contextlib.closing(Connection(port, tls)) as connection:
        for name, request in requests.items():
            connection.timed(request)
            kept[name] = statistics.median(connection.timed(request) for _ in range(rounds))
    refused = 0
    for _ in range(rounds):
        try:
            with contextlib.closing(Connection(port, tls)) as connection:
                connection.timed(HEALTH)
        except (OSError, ServerError):
            refused += 1
    return Seen(kept, refused, rounds)


class Strangers:
    """Connections that send nothing, and slow ones that send one byte every three seconds, in a head or in a body.

    :param slow: number of slow connections; every second one sends a body.
    """

    def __init__(self, port: int, tls: bool, silent: int, slow: int):
        self._port, self._tls = port, tls
        self.cut_after: list[float] = []
        self._stop = threading.Event()
        self._open: dict[socket.socket, float] = {}
        self._silent = [self._connect() for _ in range(silent)]
        for number in range(slow):
            self._begin(number % 2 == 1)
        self._dripping = threading.Thread(target=self._drip, daemon=True)
        self._dripping.start()

    def _connect(self) -> socket.socket:
        return socket.create_connection((HOST, self._port), timeout=60)

    def _begin(self, with_body: bool) -> None:
        connection = self._connect()
        if self._tls:
            connection = _client_context().wrap_socket(connection)
        head = "POST /v1/heartbeat/nobody HTTP/1.1\r\nHost: localhost\r\n"
        if with_body:
            head += "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
        else:
            head += "X-Slow: "
        connection.sendall(head.encode())
        connection.setblocking(False)
        self._open[connection] = time.monotonic()

    def _drip(self) -> None:
        """Send a byte on each slow connection, and record when the server closes one."""
        with selectors.DefaultSelector() as selector:
            for connection in self._open:
                selector.register(connection, selectors.EVENT_READ)
            due = time.monotonic()
            while self._open and not self._stop.is_set():
                for key, _ in selector.select(0.1):
                    connection = key.fileobj  # type: ignore[assignment]
                    try:
                        connection.recv(4096)
                    except (BlockingIOError, ssl.SSLWantReadError):
                        continue  # TLS messages, not a reply.
                    except (ConnectionError, ssl.SSLError):
                        pass  # The server has closed it.
                    self._note(connection, selector)
                if time.monotonic() >= due:
                    due = time.monotonic() + DRIP_S
                    for connection in list(self._open):
                        try:
                            connection.send(b"x")
                        except (BlockingIOError, ssl.SSLWantWriteError):
                            continue
                        except OSError:
                            self._note(connection, selector)

    def _note(self, connection: socket.socket, selector: selectors.BaseSelector) -> None:
        selector.unregister(connection)
        self.cut_after.append(time.monotonic() - self._open.pop(connection))
        connection.close()

    def wait_until_cut(self, seconds: float) -> int:
        """Wait until the server closes the slow connections; return the number still open after ``seconds``."""
        self._dripping.join(seconds)
        return len(self._open)

    def close(self) -> None:
        self._stop.set()
        self._dripping.join()
        for connection in (*self._silent, *self._open):
            connection.close()


@dataclasses.dataclass(frozen=True)
class Memory:
    """Resident memory in MiB."""

    idle: float
    peak: float
    after: float


_INTERFACES = b'{"inventory": {"interfaces": ['
SHAPES: dict[str, Callable[[int], bytes]] = {
    "empty objects": lambda size: _repeated(_INTERFACES, b"{},", b"{}]}}", size),
    "empty lists": lambda size: _repeated(_INTERFACES, b"[],", b"[]]}}", size),
    "numbers": lambda size: _repeated(_INTERFACES, b"0.5,", b"0]}}", size),
    "integers of 4,000 digits": lambda size: _repeated(
        _INTERFACES, b"1" * 4000 + b",", b"0]}}", size
    ),
    "logs": lambda size: _repeated(
        b'{"inventory": {"interfaces": []}, "logs": "', b"QUJD", b'"}', size
    ),
    "escapes": lambda size: _repeated(
        b'{"inventory": {"interfaces": []}, "x": "', b"\\u00e9", b'"}', size
    ),
    "quotes": lambda size: _repeated(b"", b'"', b"", size),
    "brackets": lambda size: _repeated(b"", b"[", b"", size),
    "keys": lambda size: (
        (
            b'{"inventory": {'
            + b",".join(
                b'"%d%s": 1' % (number, b"k" * 80) for number in range(min(90_000, size // 110))
            )
            + b'}, "x": "'
        ).ljust(size - 2, b"y")
        + b'"}'
    ),
    "60,000 small objects and logs": lambda size: (
        (
            _INTERFACES
            + b",".join(b'{"a": %d}' % number for number in range(min(60_000, size // 20)))
            + b']}, "logs": "'
        ).ljust(size - 2, b"x")
        + b'"}'
    ),
    "cut off": lambda size: _repeated(_INTERFACES, b'{"a": "b"},', b"", size),
}


def _repeated(begin: bytes, piece: bytes, end: bytes, size: int) -> bytes:
    return begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end


def _body(number: int, size: int, shapes: Sequence[str] = tuple(SHAPES)) -> bytes:
    return SHAPES[shapes[number % len(shapes)]](size)


def bodies(
    server: Server,
    count: int,
    size: int,
    seconds: float,
    shapes: Sequence[str] = tuple(SHAPES),
) -> Memory:
    """Send hostile bodies at once to the route that accepts large bodies without authentication.

    :param seconds: time to wait until the service has freed the memory.
    :param shapes: the shapes of the bodies, in turns.
    """
    for number in range(len(shapes)):
        _post(server.launch.port, _body(number, MIB, shapes))
    idle = _settled(server)
    senders = [
        threading.Thread(target=_post, args=(server.launch.port, _body(number, size, shapes)))
        for number in range(count)
    ]
    peak = idle
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        peak = max(peak, memory.measure(server.pid).rss_mib)
        time.sleep(0.02)
    deadline = time.monotonic() + seconds
    after = memory.measure(server.pid).rss_mib
    while after > 1.1 * idle and time.monotonic() < deadline:
        time.sleep(0.2)
        after = memory.measure(server.pid).rss_mib
    return Memory(idle, peak, after)


def _settled(server: Server) -> float:
    """Return the memory in MiB once it does not decrease any more."""
    found = [memory.measure(server.pid).rss_mib]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        # A health check takes the time between two measurements, and keeps the service active.
        with contextlib.closing(Connection(server.launch.port, False)) as connection:
            for _ in range(200):
                connection.timed(HEALTH)
        found.append(memory.measure(server.pid).rss_mib)
        if len(found) > 3 and min(found[-3:]) >= min(found[:-3]):
            break
    return found[-1]


def _post(port: int, body: bytes) -> None:
    """Send a body, and read any reply."""
    head = (
        "POST /v1/continue_inspection HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "X-OpenStack-Ironic-API-Version: latest\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((HOST, port), timeout=120) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode() + body)
        with contextlib.suppress(ConnectionError):
            while connection.recv(65536):
                pass


def _with_tls(launch: Launch) -> Launch:
    """Return how to start the same service on a TLS port."""
    certificate, key = certificates.write(launch.home, "localhost")
    configuration = launch.home / "ironic-lite.conf"
    text = configuration.read_text()
    options = f"[api]\nssl_cert_file = {certificate}\nssl_key_file = {key}\n"
    configuration.write_text(text.replace("[api]\n", options))
    return launch


def _answers(port: int) -> bool:
    try:
        with contextlib.closing(Connection(port, True)) as connection:
            return connection.timed(HEALTH) > 0
    except OSError:
        return False


@contextlib.contextmanager
def service(home: pathlib.Path, tls: bool) -> Iterator[Server]:
    """Run ironic_lite with one node, named ``shown``."""
    home.mkdir()
    launch = lite.prepare(home, free_port(), peer.FAKE_INTERFACES, 60)
    server = Server(_with_tls(launch), _answers) if tls else Server(launch)
    with contextlib.closing(server):
        server.start()
        with contextlib.closing(Connection(launch.port, tls)) as connection:
            node = {"driver": "fake-hardware", "name": "shown"}
            connection.timed(encode("POST", "/v1/nodes", node))
        yield server


def _measure_connections(home: pathlib.Path, tls: bool, args: argparse.Namespace) -> bool:
    with service(home, tls) as server:
        port = server.launch.port
        calm = look(port, tls, "shown", args.rounds)
        with contextlib.closing(Strangers(port, tls, args.silent, args.slow)) as strangers:
            meanwhile = look(port, tls, "shown", args.rounds)
            left = strangers.wait_until_cut(60)
            cut = strangers.cut_after
    print(
        f"{'TLS' if tls else 'plain'} port, {args.silent} silent and {args.slow} slow connections"
    )
    good = True
    for name, value in calm.kept.items():
        ratio = meanwhile.kept[name] / value
        good &= ratio <= 2
        print(
            f"  {name}: {value:.2f} ms calm, {meanwhile.kept[name]:.2f} ms meanwhile: {ratio:.2f}x (at most 2)"
        )
    print(f"  refused: {meanwhile.refused} of {meanwhile.tried} (none)")
    told = f"{min(cut):.1f} to {max(cut):.1f} s" if cut else "never"
    print(f"  slow ones cut after {told}; not cut within a minute: {left} (none)")
    return good and not meanwhile.refused and not left


def _measure_bodies(home: pathlib.Path, args: argparse.Namespace) -> bool:
    with service(home, False) as server:
        found = bodies(server, args.bodies, args.size * MIB, 30)
    above, ratio = found.peak - found.idle, found.after / found.idle
    print(f"{args.bodies} hostile bodies of {args.size} MiB at once")
    print(
        f"  resident memory: {found.idle:.0f} MiB idle, {above:.0f} MiB more at the most (300), "
        f"{ratio:.2f}x idle afterwards (1.1)"
    )
    return above <= 300 and ratio <= 1.1


def main() -> int:
    """Measure and print; exit status 1 if a figure exceeds its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strangers", description=__doc__)
    parser.add_argument("--silent", type=int, default=2000)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--bodies", type=int, default=64)
    parser.add_argument("--size", type=int, default=16, help="of a body, in MiB")
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_MOST_FILES, hard) if hard != resource.RLIM_INFINITY else _MOST_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    with tempfile.TemporaryDirectory(prefix="ironic-strangers-") as directory:
        home = pathlib.Path(directory)
        good = _measure_connections(home / "plain", False, args)
        good &= _measure_connections(home / "tls", True, args)
        good &= _measure_bodies(home / "bodies", args)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
