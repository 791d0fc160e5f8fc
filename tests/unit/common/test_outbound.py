# SPDX-License-Identifier: Apache-2.0
"""Connections of the service to URLs of clients, and the errors that clients get about them."""

import contextlib
import http.server
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironic_lite.common import context, outbound
from ironic_lite.common.outbound import addresses, checking, connections
from tests.waiting import PATIENCE

pytestmark = pytest.mark.timed

SIZE = 1234
LOOPBACK = ["127.0.0.0/8", "::1/128"]


class _Handler(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        if self.path == "/loop":
            self._answer(302, Location="/loop")
        elif self.path == "/moved":
            self._answer(302, Location="/image")
        elif self.path == "/to-file":
            self._answer(302, Location="file:///etc/passwd")
        elif self.path == "/to-metadata":
            self._answer(302, Location="http://169.254.169.254/latest")
        elif self.path == "/no-head" and self.command == "HEAD":
            self._answer(405)
        elif self.path == "/no-head":
            self._answer(206, **{"Content-Range": f"bytes 0-0/{SIZE}", "Content-Length": "0"})
        elif self.path == "/image":
            self._answer(200, **{"Content-Length": str(SIZE)})
        else:
            self._answer(404)

    do_GET = do_HEAD  # noqa: N815 - http.server's name

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return None


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run a web server on the loopback interface; yields its port."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield httpd.server_address[1]
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def loopback(set_option: Callable[..., None]) -> None:
    set_option("allowed_networks", LOOPBACK, group="outbound")


@pytest.fixture
def server(port: int, loopback: None) -> str:
    """The URL of the web server, with loopback addresses allowed."""
    return f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def _options(set_option: Callable[..., None]) -> None:
    """Load the options."""


@pytest.mark.parametrize("path", ["/image", "/moved", "/no-head"])
def test_a_file_that_is_there(server: str, path: str) -> None:
    assert outbound.find(server + path, "the URL").size == SIZE


OPERATORS = (
    context.RequestContext(auth_disabled=True),
    context.RequestContext(user_id="u", system_scope="all"),
    # A user of http_basic without a file of roles.
    context.RequestContext(user_id="ada", is_admin=True),
)
LESSEE = context.RequestContext(user_id="u", project_id="p", roles=["admin"])
OTHERS = (LESSEE, context.admin_context())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nosuch", "answered with status 404"),
        ("/loop", "redirects more than"),
        ("/to-file", "other schemes are refused"),
        ("/to-metadata", "leads to 169.254.169.254, which is a link-local address"),
    ],
)
def test_a_file_that_is_not(server: str, path: str, reason: str) -> None:
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find(server + path, "the URL")
    for operator in OPERATORS:
        assert reason in failed.value.told_to(operator)
    for other in OTHERS:
        assert reason not in failed.value.told_to(other)
    assert failed.value.told_to(LESSEE).startswith(f"the URL '{server}{path}' cannot be fetched")


@contextlib.contextmanager
def _strange_servers() -> Iterator[dict[str, int]]:
    """Run two servers that are not web servers: one closes connections, one has another protocol."""
    with contextlib.ExitStack() as stack:
        ports = {}
        for kind, said in {"hangs up": b"", "speaks something else": b"SSH-2.0-x\r\n"}.items():
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_say, args=(listener, said), daemon=True).start()
            ports[kind] = listener.getsockname()[1]
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        ports["is closed"] = closed.getsockname()[1]
        yield ports


def _say(listener: socket.socket, said: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client:
                client.sendall(said)


def _told(url: str, port: int) -> str:
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find(url, "the URL")
    return failed.value.told_to(LESSEE).replace(f":{port}", ":PORT")


@pytest.mark.parametrize("allowed", [[], LOOPBACK])
def test_a_port_that_is_open_looks_like_one_that_is_closed(
    set_option: Callable[..., None], port: int, allowed: list[str]
) -> None:
    set_option("allowed_networks", allowed, group="outbound")
    with _strange_servers() as strange:
        told = {
            kind: _told(f"http://127.0.0.1:{each}/nosuch", each)
            for kind, each in {"a web server": port, **strange}.items()
        }
    assert len(set(told.values())) == 1, told


def test_nothing_is_sent_where_nobody_may_go(port: int) -> None:
    _Handler.asked.clear()
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]"):
        with pytest.raises(outbound.OutboundError) as failed:
            outbound.find(f"http://{host}:{port}/image", "the URL")
        assert "a loopback address" in failed.value.detail
    assert _Handler.asked == []


def test_a_name_may_have_addresses_that_are_left_out(
    monkeypatch: pytest.MonkeyPatch, set_option: Callable[..., None], port: int
) -> None:
    """The service connects only to the allowed addresses of a name, and does not resolve it again."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def several(host: Any, *args: Any, **options: Any) -> Any:
        asked.append(host)
        if host != "images.example.org":
            return resolve(host, *args, **options)
        if asked.count(host) > 1:
            return resolve("127.0.0.1", *args, **options)
        return [*resolve("127.0.0.1", *args, **options), *resolve("127.0.0.2", *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", several)
    set_option("allowed_networks", ["127.0.0.2"], group="outbound")
    _Handler.asked.clear()
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find(f"http://images.example.org:{port}/image", "the URL")
    # Nothing listens at 127.0.0.2, and 127.0.0.1 is not allowed.
    assert "Connection refused" in failed.value.detail
    assert _Handler.asked == []
    assert asked.count("images.example.org") == 1


def test_the_connected_address_is_what_counts(
    monkeypatch: pytest.MonkeyPatch, server: str, set_option: Callable[..., None]
) -> None:
    """The address of the connection is checked too, because it may differ from the resolved one."""
    real = connections.urllib3_connection.create_connection
    port = int(server.rpartition(":")[2])
    monkeypatch.setattr(
        connections.urllib3_connection,
        "create_connection",
        lambda _address, *args, **more: real(("127.0.0.1", port), *args, **more),
    )
    set_option("allowed_networks", ["192.0.2.0/24"], group="outbound")
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find("http://192.0.2.1/image", "the URL")
    assert "127.0.0.1, which is a loopback address" in failed.value.detail


def test_slow_servers_are_left(loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends a byte now and then never meets the timeout of the socket."""
    monkeypatch.setattr(checking, "TIMEOUT", 0.5)
    gone = threading.Event()
    drops: list[int] = []

    def drip(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with contextlib.suppress(OSError), client:
            client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not gone.wait(0.05):
                client.sendall(b"a")
                drops.append(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        try:
            with pytest.raises(outbound.OutboundError) as failed:
                outbound.find(f"http://127.0.0.1:{listener.getsockname()[1]}/", "the URL")
        finally:
            gone.set()
            thread.join(PATIENCE)
    assert "no answer in time" in failed.value.detail
    assert drops, "the server was still speaking"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        7,
        "file:///etc/passwd",
        "ftp://x/y",
        "//host/path",
        "http://",
        "http://x:99999/",
        "http://x/a b",
        "http://x/a\nb",
        "http://[::1",
        "gopher://x",
        "http://x\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://127%2e0.0.1/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://-x/",
        f"http://{'a' * 254}/",
        # Other ways to write 127.0.0.1 and 0.0.0.0.
        "http://0",
        "http://0/",
        "http://127.1/",
        "http://127.0.1",
        "http://0x7f.1:80/",
        "http://0x7f000001",
        "http://0X7F.0.0.0X1",
        "http://2130706433",
        "http://017700000001",
        "http://0177.0.0.1",
        "http://127.0.0.1.",
        "http://127.0.0.0x1",
        "http://256.1.1.1",
        "http://1.2.3.4.5",
        "http://0x/",
        "http://a.0x7f",
    ],
)
def test_what_is_no_url_to_fetch(url: object) -> None:
    for use in (outbound.check_url, outbound.find):
        with pytest.raises(outbound.OutboundError):
            use(url, "image_source")


@pytest.mark.parametrize(
    "url",
    [
        "http://images/x",
        "https://images.example.org:8443/x?y=1#z",
        "http://192.0.2.1/x",
        "http://[2001:db8::1]:80/x",
        "http://user:password@images/x",
        "http://xn--bcher-kva.example/",
        "http://a_b.example./",
        "http://1and1.example/",
        "http://[64:ff9b::192.0.2.1]/",
        "http://10.0.0.1/",
    ],
)
def test_urls_as_people_write_them(url: str) -> None:
    assert outbound.check_url(url, "image_source") == url


DENIED = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::192.0.2.1",
    "2002:7f00:1::",
    "2002:c000:201::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::5efe:127.0.0.1",
    "2001:db8::200:5efe:169.254.169.254",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
]


@pytest.mark.parametrize("address", DENIED)
def test_addresses_that_are_never_connected_to(address: str) -> None:
    assert addresses.refusal(addresses.parse(address)) is not None


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd12::1", "2001:db8::1", "64:ff9b::8.8.8.8"]
)
def test_addresses_that_are(address: str) -> None:
    assert addresses.refusal(addresses.parse(address)) is None


def test_networks_of_the_operator(set_option: Callable[..., None]) -> None:
    set_option("denied_networks", ["10.0.0.0/8", "fd00::/8"], group="outbound")
    set_option("allowed_networks", ["10.1.0.0/16", "127.0.0.0/8", "fe80::/10"], group="outbound")
    refused = {
        each
        for each in (
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "10.1.0.1",
            "fd12::1",
            "127.0.0.1",
            "::ffff:127.0.0.1",
            # This is another machine's loopback interface.
            "64:ff9b::127.0.0.1",
            "fe80::1",
            "169.254.169.254",
        )
        if addresses.refusal(addresses.parse(each))
    }
    assert refused == {
        "10.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "fd12::1",
        "64:ff9b::127.0.0.1",
        "169.254.169.254",
    }


def test_credentials_are_in_no_message(caplog: pytest.LogCaptureFixture, loopback: None) -> None:
    with pytest.raises(outbound.OutboundError) as refused:
        outbound.find("http://user:hunter2@127.0.0.1:1/x", "the URL")
    assert "hunter2" not in str(refused.value) + refused.value.detail + caplog.text


def test_what_is_hidden_is_in_the_log(caplog: pytest.LogCaptureFixture, loopback: None) -> None:
    caplog.set_level("INFO")
    with pytest.raises(outbound.OutboundError):
        outbound.find("http://127.0.0.1:1/x", "the URL")
    lines = [each for each in caplog.messages if "Connection refused" in each]
    assert lines == ["the URL 'http://127.0.0.1:1/x' does not answer: Connection refused"]


def test_every_way_to_write_an_address_ends_the_same() -> None:
    """Every notation that the resolver reads as a loopback address is refused, as text or as an address."""
    octets = ["127", "0177", "0x7f", "0x7F"]
    tails = ["", ".1", ".0.1", ".0.0.1", ".00.0x0.01"]
    for first, tail in itertools.product(octets, tails):
        with pytest.raises(outbound.OutboundError):
            outbound.check_url(f"http://{first}{tail}/", "image_source")


@pytest.mark.parametrize(
    "url",
    [
        "http://u:sesame/x@h/",
        "http://u:x/sesame@h/",
        "http://u:sesame@h\u2100x/",
        "http://u:sesame@[::1/",
        "http://u:sesame@h:99999/",
        "http://u:x@sesame@h:x/",
        "http://sesame@127.0.0.1:1/",
        "http://h\\@u:sesame@h/",
        "http://127.0.0.1/?token=sesame",
    ],
)
def test_no_refusal_quotes_a_secret(url: str) -> None:
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find(url, "the URL")
    told = [failed.value.told_to(each) for each in (*OPERATORS, *OTHERS)]
    assert not [each for each in told if "sesame" in each]


@pytest.mark.parametrize("location", ["http://[", "//[x/", "http://u:sesame@h\u00bc:x/", "", "?x"])
def test_a_redirect_to_nonsense_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    monkeypatch.setattr(
        _Handler, "do_HEAD", lambda self: _Handler._answer(self, 302, Location=location)
    )
    with pytest.raises(outbound.OutboundError) as failed:
        outbound.find(f"{server}/x", "the URL")
    assert "sesame" not in failed.value.detail
