# SPDX-License-Identifier: Apache-2.0
"""The HTTP client of the agent, with an HTTP server whose answers the test sets."""

import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ironic_lite.common import exception
from ironic_lite.drivers import guarded_http
from ironic_lite.drivers.modules.agent import client as agent_client
from ironic_lite.drivers.modules.agent.client import AgentClient

TOKEN = "a-very-secret-token-of-32-letters"


def _command(**changes: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "command_name": "sync",
        "command_status": "SUCCEEDED",
        "command_error": None,
        "command_result": None,
        **changes,
    }


class Answers:
    """The server's answers, one per request; the last one repeats."""

    def __init__(self) -> None:
        self.url = ""
        self.queue: list[tuple[int, Any]] = [(200, _command())]
        self.seen: list[tuple[str, str, Any]] = []


def _serve(answers: Answers, context: ssl.SSLContext | None = None) -> http.server.HTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answers.seen.append((self.command, self.path, json.loads(body) if body else None))
            status, value = answers.queue[0]
            if len(answers.queue) > 1:
                answers.queue.pop(0)
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_args: object) -> None:
            return None

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    answers.url = f"http{'s' if context else ''}://127.0.0.1:{httpd.server_address[1]}"
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    return httpd


@pytest.fixture(autouse=True)
def loopback(set_option: Callable[..., None]) -> None:
    """Allow connections to agents on this machine."""
    set_option("allowed_networks", ["127.0.0.0/8"], group="outbound")


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    httpd = _serve(made)
    yield made
    httpd.shutdown()
    httpd.server_close()


def _node(url: str | None, verify_ca: str | None = None) -> Any:
    return types.SimpleNamespace(
        uuid="1be26c0b-03f2-4d2e-ae87-c02d7f33c123",
        agent_url=url,
        agent_secret_token=TOKEN,
        agent_verify_ca=verify_ca,
    )


def test_a_command_carries_the_token(answers: Answers) -> None:
    AgentClient(_node(answers.url)).sync()
    ((method, path, body),) = answers.seen
    assert (method, path) == ("POST", f"/v1/commands/?agent_token={TOKEN}")
    assert body == {"name": "standby.sync", "params": {}}


def test_an_agent_that_has_not_called() -> None:
    with pytest.raises(exception.AgentConnectionFailed, match="has not called"):
        AgentClient(_node(None))


def test_a_lost_lock_keeps_a_command_back(answers: Answers) -> None:
    def lost() -> None:
        raise exception.NodeLockLost(node="n1")

    agent = AgentClient(_node(answers.url), lost)
    with pytest.raises(exception.NodeLockLost):
        agent.power_off()
    assert answers.seen == []
    answers.queue = [(200, {"commands": []})]
    assert agent.commands() == [], "reading is free"


def test_how_far_a_command_has_got(answers: Answers) -> None:
    client = AgentClient(_node(answers.url))
    answers.queue = [(200, _command(command_status="RUNNING"))]
    running = client.command("c1")
    assert running is not None
    assert running.status == agent_client.RUNNING
    error = {"type": "ImageDownloadError", "code": 500, "message": "m", "details": "no such image"}
    answers.queue = [(200, _command(command_status="FAILED", command_error=error))]
    failed = client.command("c1")
    assert failed is not None
    assert (failed.status, failed.error) == (agent_client.FAILED, "no such image")
    answers.queue = [(404, {"faultstring": "not found"})]
    assert client.command("c1") is None


def test_a_busy_agent(answers: Answers) -> None:
    answers.queue = [(409, {"faultcode": "Client", "faultstring": "executing command erase"})]
    with pytest.raises(exception.AgentInProgress, match="executing command erase"):
        AgentClient(_node(answers.url)).power_off()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"id": 1}'])
def test_an_answer_that_is_not_one(answers: Answers, body: bytes) -> None:
    answers.queue = [(200, body)]
    with pytest.raises(exception.AgentConnectionFailed, match="no agent of node .* answers"):
        AgentClient(_node(answers.url)).sync()


def test_an_answer_without_end(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_http, "MAX_ANSWER", 1000)
    answers.queue = [(200, b" " * 200_000)]
    with pytest.raises(exception.AgentConnectionFailed, match="no agent of node .* answers"):
        AgentClient(_node(answers.url)).sync()


def test_a_redirect_is_not_followed(answers: Answers) -> None:
    answers.queue = [(307, {"faultstring": "elsewhere"})]
    with pytest.raises(exception.AgentAPIError, match="307"):
        AgentClient(_node(answers.url)).sync()
    assert len(answers.seen) == 1


SECRET = b"<html>the payroll of the other side</html>"


@pytest.mark.parametrize(
    "answer",
    [
        (200, SECRET),
        (200, {"payroll": "of the other side"}),
        (404, SECRET),
        (500, {"error": "payroll"}),
        (403, {"faultstring": {"payroll": 1}}),
        (302, SECRET),
        None,
    ],
)
def test_who_is_no_agent_is_told_of_in_one_way(
    answers: Answers, set_option: Callable[..., None], answer: tuple[int, Any] | None
) -> None:
    """Agents choose the address, so errors must not reveal which other service answers there."""
    set_option("max_command_attempts", 1, group="agent")
    url = answers.url if answer else "http://127.0.0.1:1"
    if answer:
        answers.queue = [answer]
    for work in (lambda agent: agent.sync(), lambda agent: agent.commands()):
        with pytest.raises(exception.AgentConnectionFailed) as failed:
            work(AgentClient(_node(url)))
        told = str(failed.value).replace(url, "URL")
        command = told.partition("command ")[2].partition(":")[0]
        assert told == (
            f"Connection to agent failed: command {command}: no agent of node {_node(url).uuid} answers at "
            "URL/v1. See the conductor's log for the cause"
        )


def test_an_agent_where_nobody_may_go(
    answers: Answers, set_option: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    set_option("allowed_networks", [], group="outbound")
    for url in (answers.url, answers.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(exception.AgentConnectionFailed, match="no agent of node .* answers"):
            AgentClient(_node(url)).sync()
    assert answers.seen == []
    assert "a loopback address" in caplog.text


def test_the_token_is_in_no_error(
    set_option: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    set_option("max_command_attempts", 1, group="agent")
    with pytest.raises(exception.AgentConnectionFailed) as failed:
        AgentClient(_node("http://127.0.0.1:1")).commands()
    assert TOKEN not in str(failed.value) + caplog.text
    assert "127.0.0.1:1" in str(failed.value)
    assert "Connection refused" in caplog.text
    assert "refused" not in str(failed.value)


HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


def _certificate(
    directory: Path,
    since: datetime.timedelta = -HOUR,
    until: datetime.timedelta = DAY,
    address: str = "127.0.0.1",
) -> tuple[str, ssl.SSLContext]:
    """Return a self-signed certificate like the agent's, and the TLS context of a server with it."""
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "agent")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
            critical=True,
        )
        .sign(key, hashes.SHA512())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (directory / "pem").write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "pem")
    return pem.decode(), context


def test_only_the_certificate_that_the_agent_sent_is_trusted(
    tmp_path: Path, set_option: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    set_option("max_command_attempts", 1, group="agent")
    (tmp_path / "mine").mkdir()
    (tmp_path / "other").mkdir()
    mine, context = _certificate(tmp_path / "mine")
    other, _ = _certificate(tmp_path / "other")
    answers = Answers()
    httpd = _serve(answers, context)
    try:
        AgentClient(_node(answers.url, mine)).sync()
        for wrong in (other, None):
            caplog.clear()
            with pytest.raises(exception.AgentConnectionFailed):
                AgentClient(_node(answers.url, wrong)).sync()
            assert "certificate verify failed" in caplog.text
        assert len(answers.seen) == 1
    finally:
        httpd.shutdown()
        httpd.server_close()


@pytest.mark.parametrize(
    "odd",
    [
        {"since": DAY, "until": 2 * DAY},
        {"since": -2 * DAY, "until": -DAY},
        {"address": "192.0.2.99"},
        {"since": DAY, "until": 2 * DAY, "address": "2001:db8::1"},
    ],
    ids=["clock ahead", "clock behind", "another address", "both"],
)
def test_dates_and_names_of_the_trusted_certificate_prove_nothing_more(
    tmp_path: Path,
    set_option: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    odd: dict[str, Any],
) -> None:
    set_option("max_command_attempts", 1, group="agent")
    for name in ("mine", "other"):
        (tmp_path / name).mkdir()
    mine, context = _certificate(tmp_path / "mine", **odd)
    other, _ = _certificate(tmp_path / "other", **odd)
    answers = Answers()
    httpd = _serve(answers, context)
    try:
        AgentClient(_node(answers.url, mine)).sync()
        with pytest.raises(exception.AgentConnectionFailed):
            AgentClient(_node(answers.url, other)).sync()
        assert "certificate verify failed" in caplog.text
        assert len(answers.seen) == 1
    finally:
        httpd.shutdown()
        httpd.server_close()
