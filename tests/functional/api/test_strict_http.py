# SPDX-License-Identifier: Apache-2.0
"""A request that two readers might understand differently is refused, in JSON, and its connection closed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from ironic_lite.api.front import limits
from ironic_lite.api.front.service import APIService
from ironic_lite.conf import CONF
from tests.functional.api import serving
from tests.functional.api.serving import connect, fault, hello, read_all, status
from tests.options import overridden

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

AMBIGUOUS = {
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "the same length twice": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "a list of lengths": POST + b"Content-Length: 1, 1\r\n\r\nx",
    "negative length": POST + b"Content-Length: -1\r\n\r\nx",
    "signed length": POST + b"Content-Length: +1\r\n\r\nx",
    "length with underscore": POST + b"Content-Length: 1_0\r\n\r\nx",
    "empty length": POST + b"Content-Length:\r\n\r\nx",
    "endless length": POST + b"Content-Length: 99999999999999999999999\r\n\r\nx",
    "length and chunks": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
    "space before a colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "space before another colon": POST + b"Content-Length : 1\r\n\r\nx",
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding behind chunks": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "almost chunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in 1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk -1": CHUNKED + b"-1\r\nab\r\n0\r\n\r\n",
    "chunk 0x2": CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
    "chunk +2": CHUNKED + b"+2\r\nab\r\n0\r\n\r\n",
    "chunk 2_0": CHUNKED + b"2_0\r\nab\r\n0\r\n\r\n",
    "chunk without size": CHUNKED + b"\r\nab\r\n0\r\n\r\n",
    "endless chunk": CHUNKED + b"ffffffffffffffffff\r\nab\r\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"2\r\nabXX0\r\n\r\n",
    "chunk with bare line feed": CHUNKED + b"2\nab\n0\n\n",
    "extension with bare line feed": CHUNKED + b"2;a\nab\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "folded first header": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "NUL": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "control character": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n",
    "header without name": b"GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2 in a line": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "method in small letters": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no method": b"NOSUCH / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in the path": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "another host in the URL": b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a user in the URL": b"GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a URL without Host": b"GET http://a/ HTTP/1.0\r\n\r\n",
    "another scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority": b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "the whole server": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.fixture(scope="module")
def api() -> Iterator[APIService]:
    CONF.set_override("port", 0, group="api")
    try:
        with serving.running(hello) as started:
            yield started
    finally:
        CONF.clear_override("port", group="api")


@pytest.mark.parametrize("request_bytes", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_it_is_refused_and_the_connection_closed(api: APIService, request_bytes: bytes) -> None:
    with connect(api) as client:
        client.sendall(request_bytes)
        answer = read_all(client)
    assert status(answer) == 400
    assert fault(answer).startswith("The request is not valid HTTP/1.1.")
    # Nothing of it was understood as another request.
    assert answer.count(b"\r\nServer: ") == 1


@pytest.mark.parametrize("piece", [1, 7])
def test_it_is_refused_byte_by_byte_too(api: APIService, piece: int) -> None:
    request = AMBIGUOUS["length and chunks"]
    with connect(api) as client:
        for start in range(0, len(request), piece):
            client.sendall(request[start : start + piece])
        assert status(read_all(client)) == 400


def test_an_answer_under_way_is_not_mixed_with_a_refusal(api: APIService) -> None:
    """The first request is answered, the ambiguous one behind it ends the connection."""
    with connect(api) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + AMBIGUOUS["two lengths"])
        answer = read_all(client)
    assert answer.count(b"\r\nServer: ") == 1
    assert answer.endswith(b"http ")


@pytest.mark.parametrize(
    "target, path",
    [
        (b"GET http://A", "/"),
        (b"GET HTTP://a?b=/c", "/"),
        (b"GET https://a/b%20c?d=e", "/b c"),
        (b"OPTIONS *", "*"),
        (b"OPTIONS http://a", "*"),
    ],
)
def test_urls_are_targets_too(target: bytes, path: str) -> None:
    seen = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"])
        return hello(environ, start_response)

    with (
        overridden({"api": {"port": 0}}),
        serving.running(app) as api,
        connect(api) as client,
    ):
        client.sendall(target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert status(read_all(client)) == 200
    assert seen == [path]


@pytest.mark.parametrize("piece", [1, 1000, limits.MAX_HEAD])
def test_a_large_head_in_pieces(api: APIService, piece: int) -> None:
    """The division into packets says nothing about the size of a body."""
    head = (
        b"GET /"
        + b"a" * (limits.MAX_HEAD * 3 // 4)
        + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    with connect(api) as client:
        for start in range(0, len(head), piece):
            client.sendall(head[start : start + piece])
        assert status(read_all(client)) == 200


def test_requests_that_follow_each_other_are_answered_in_order(api: APIService) -> None:
    with connect(api) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = read_all(client)
    assert answer.count(b"HTTP/1.1 200 OK") == 6


def test_what_comes_behind_chunks_is_no_header(api: APIService) -> None:
    with connect(api) as client:
        client.sendall(CHUNKED + b"2\r\nab\r\n0\r\nHost: evil\r\nX-Roles: admin\r\n\r\n")
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert read_all(client).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * limits.MAX_HEAD + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * limits.MAX_HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * (limits.MAX_HEAD // 6) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * limits.MAX_HEAD,
        CHUNKED + b"0\r\n" + b"X: a\r\n" * (limits.MAX_HEAD // 5),
    ],
    ids=["path", "header", "headers", "header without end", "trailers without end"],
)
def test_a_head_that_is_too_large(api: APIService, head: bytes) -> None:
    with connect(api) as client:
        client.sendall(head)
        answer = read_all(client)
    assert status(answer) == 431
    assert str(limits.MAX_HEAD) in fault(answer)


def test_an_upgrade_that_is_not_known_is_ignored(api: APIService) -> None:
    with connect(api) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
        )
        assert status(read_all(client)) == 200
