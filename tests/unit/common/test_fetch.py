# SPDX-License-Identifier: Apache-2.0
"""What the service does with URLs that clients choose."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from ironic_lite.common import fetch

SIZE = 1234


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
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
def server() -> Iterator[str]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()


@pytest.mark.parametrize("path", ["/image", "/moved", "/no-head"])
def test_a_file_that_is_there(server: str, path: str) -> None:
    assert fetch.head(server + path).size == SIZE


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nosuch", "status 404"),
        ("/loop", "redirects more than"),
        ("/to-file", "other schemes are refused"),
        ("/to-metadata", "is refused: the address 169.254.169.254"),
    ],
)
def test_a_file_that_is_not(server: str, path: str, reason: str) -> None:
    with pytest.raises(fetch.FetchError, match=reason):
        fetch.head(server + path)


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
    ],
)
def test_what_is_no_url_to_fetch(url: object) -> None:
    with pytest.raises(fetch.FetchError):
        fetch.check_url(url, "image_source")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "224.0.0.1",
        "0.0.0.0",
        "::",
        "100.100.100.200",
    ],
)
def test_addresses_that_are_never_connected_to(address: str) -> None:
    with pytest.raises(fetch.FetchError, match="never connects to"):
        fetch.check_address(address)


def test_the_connected_address_is_what_counts(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may resolve to something else when it is connected to."""
    monkeypatch.setattr(fetch, "_METADATA", frozenset({"127.0.0.1"}))
    with pytest.raises(fetch.FetchError, match="127.0.0.1 is one that"):
        fetch.head(server.replace("127.0.0.1", "localhost") + "/image")


def test_credentials_are_in_no_message() -> None:
    with pytest.raises(fetch.FetchError) as refused:
        fetch.head("http://user:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(refused.value)
