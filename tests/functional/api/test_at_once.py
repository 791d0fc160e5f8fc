# SPDX-License-Identifier: Apache-2.0
"""Short requests are answered without a thread, unless they would have to wait; then nobody else waits for them."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from ironic_lite.api.app import make_app
from ironic_lite.api.front.service import APIService
from ironic_lite.api.routes import weight
from ironic_lite.api.routing import Weight
from ironic_lite.common import at_once, context
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.functional.api.serving import connect, read_all, status
from tests.options import overridden
from tests.waiting import PATIENCE, wait_for

_ASK = b"GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-OpenStack-Ironic-API-Version: 1.115\r\n\r\n"


@pytest.fixture(autouse=True)
def _any_port() -> Iterator[None]:
    with overridden({"api": {"port": 0}}):
        yield


class _Application:
    """Says in which thread it answers; ``/waiting`` waits for an event."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.tries: list[str] = []

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        name = threading.current_thread().name
        if environ["PATH_INFO"] == "/waiting":
            self.tries.append(name)
            at_once.leave()
            assert self.may_go_on.wait(PATIENCE)
        body = f"{name} {environ['PATH_INFO']}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


def _serve(app: Any, each: Weight | None) -> APIService:
    """:param each: the weight of all requests; None: as the API's own."""
    api = APIService(app, weigh=weight if each is None else lambda _method, _path: each)
    api.start()
    return api


def _ask(api: APIService, path: bytes) -> str:
    with connect(api) as client:
        client.sendall(_ASK % path)
        return read_all(client).partition(b"\r\n\r\n")[2].decode()


def test_short_request_needs_no_thread() -> None:
    api = _serve(_Application(), Weight.SHORT)
    try:
        assert _ask(api, b"quick") == "api-front /quick"
    finally:
        api.stop()


def test_other_request_has_a_thread() -> None:
    api = _serve(_Application(), Weight.FULL)
    try:
        assert not _ask(api, b"quick").startswith("api-front")
    finally:
        api.stop()


def test_short_request_that_has_to_wait_keeps_nobody_waiting() -> None:
    app = _Application()
    api = _serve(app, Weight.SHORT)
    try:
        with connect(api) as patient:
            patient.sendall(_ASK % b"waiting")
            wait_for(lambda: len(app.tries) == 2, "the second try")
            assert app.tries[0] == "api-front" != app.tries[1]
            assert _ask(api, b"quick") == "api-front /quick"
            app.may_go_on.set()
            assert read_all(patient).endswith(f"{app.tries[1]} /waiting".encode())
    finally:
        app.may_go_on.set()
        api.stop()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1", Weight.LIGHT),
        ("GET", "/v1/nodes/N", Weight.SHORT),
        ("HEAD", "/v1/nodes/N", Weight.SHORT),
        ("GET", "/v1/nodes/N/states", Weight.SHORT),
        ("GET", "/v1/ports/N", Weight.SHORT),
        ("PATCH", "/v1/nodes/N", Weight.FULL),
        ("GET", "/v1/nodes", Weight.FULL),
        ("GET", "/v1/nodes/N/validate", Weight.FULL),
        ("GET", "/v1/nothing", Weight.FULL),
    ],
)
def test_what_is_short(method: str, path: str, expected: Weight) -> None:
    assert weight(method, path) is expected


def test_node_whose_conductor_somebody_is_looking_for_keeps_nobody_waiting(
    configured: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first request reads the hash ring, which may take a while; the other requests need the ring too."""
    node = Node(
        context.admin_context(),
        uuid=str(uuid.uuid4()),
        driver="fake-hardware",
        conductor_group="",
        provision_state="enroll",
    )
    node.create()
    asked, may_go_on = threading.Event(), threading.Event()
    members = Conductor.ring_members

    def slowly(ctxt: Any) -> Any:
        at_once.leave()
        asked.set()
        assert may_go_on.wait(PATIENCE)
        return members(ctxt)

    monkeypatch.setattr(Conductor, "ring_members", slowly)
    api = _serve(make_app(), None)
    show = _ASK % f"v1/nodes/{node.uuid}".encode()
    try:
        with connect(api) as first, connect(api) as second:
            first.sendall(show)
            assert asked.wait(PATIENCE)
            second.sendall(show)
            assert '"v1"' in _ask(api, b"v1")
            may_go_on.set()
            for client in (first, second):
                answer = read_all(client)
                assert status(answer) == 200
                assert node.uuid.encode() in answer
    finally:
        may_go_on.set()
        api.stop()
