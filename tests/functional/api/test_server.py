# SPDX-License-Identifier: Apache-2.0
"""The HTTP server as a service: it starts at the configured address, and stops whatever clients do."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite.api.front import limits
from ironic_lite.api.front.service import APIService
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from tests.functional.api import certificates
from tests.waiting import PATIENCE, at_most

pytestmark = pytest.mark.timed


def _hello(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [environ["wsgi.url_scheme"].encode()[:5].ljust(5)]


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any port, and timeouts that suit tests."""
    monkeypatch.setattr(limits, "SHUTDOWN_TIMEOUT", 1.0)
    CONF.set_override("port", 0, group="api")
    yield
    CONF.clear_override("port", group="api")


@contextmanager
def _running(app: Any) -> Iterator[APIService]:
    api = APIService(app)
    api.start()
    try:
        yield api
    finally:
        api.stop()
        api.wait()


def test_serves_until_stopped() -> None:
    with _running(_hello) as service:
        url = service.url
        assert requests.get(url, timeout=PATIENCE).text == "http "
        with pytest.raises(exception.ConfigInvalid, match="cannot listen"):
            CONF.set_override("port", int(url.rpartition(":")[2]), group="api")
            APIService(_hello).start()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=PATIENCE)


def test_stops_while_a_request_hangs() -> None:
    """A request that waits for ever does not keep the process from ending."""
    entered, release = threading.Event(), threading.Event()

    def hanging(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        entered.set()
        release.wait(PATIENCE)
        return _hello(environ, start_response)

    try:
        with _running(hanging) as service:
            host, port = "127.0.0.1", int(service.url.rpartition(":")[2])
            client = socket.create_connection((host, port))
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert entered.wait(PATIENCE)
            began = time.monotonic()
        assert time.monotonic() - began < at_most(30)
        assert all(t.daemon for t in threading.enumerate() if t.name.startswith("api-"))
        client.close()
    finally:
        release.set()


def test_idle_clients_do_not_keep_others_out() -> None:
    """More open connections than threads."""
    with _running(_hello) as service:
        port = int(service.url.rpartition(":")[2])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        session = requests.Session()
        for _ in range(CONF.api.threads + 2):
            assert session.get(service.url, timeout=PATIENCE).ok
        for each in idle:
            each.close()


def test_a_body_that_does_not_come_costs_a_short_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """More clients than threads send half a request each: they get 408, others are served, the log stays readable."""
    monkeypatch.setattr(limits, "BODY_PATIENCE", 0.5)
    with _running(_hello) as api, ExitStack() as stack:
        host, _, port = api.url.removeprefix("http://").rpartition(":")
        halves = []
        for _ in range(CONF.api.threads + 4):
            half = stack.enter_context(
                socket.create_connection((host, int(port)), timeout=PATIENCE)
            )
            half.sendall(b"POST /v1/nodes HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n{")
            halves.append(half)
        assert requests.get(api.url, timeout=PATIENCE).text == "http "
        for half in halves:
            answer = b"".join(iter(lambda half=half: half.recv(4096), b""))
            assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert "Traceback" not in caplog.text


def test_tls(tmp_path: Path) -> None:
    certificate_file, key_file = certificates.write(tmp_path, "localhost")
    CONF.set_override("ssl_cert_file", str(certificate_file), group="api")
    CONF.set_override("ssl_key_file", str(key_file), group="api")
    try:
        with _running(_hello) as service:
            assert service.url.startswith("https://")
            url = service.url.replace("127.0.0.1", "localhost")
            assert requests.get(url, verify=str(certificate_file), timeout=PATIENCE).text == "https"
            port = int(url.rpartition(":")[2])
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            with pytest.warns(DeprecationWarning):
                old.maximum_version = ssl.TLSVersion.TLSv1_1
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                pytest.raises((ssl.SSLError, ConnectionError)),
            ):
                old.wrap_socket(plain)
        CONF.set_override("ssl_key_file", str(tmp_path / "nosuch"), group="api")
        with pytest.raises(exception.ConfigInvalid, match="ssl_key_file"):
            APIService(_hello).start()
    finally:
        CONF.clear_override("ssl_cert_file", group="api")
        CONF.clear_override("ssl_key_file", group="api")


def test_stopping_what_never_started() -> None:
    """No error."""
    service = APIService(_hello)
    service.stop()
    service.wait()
    with pytest.raises(RuntimeError):
        _ = service.url
