# SPDX-License-Identifier: Apache-2.0
"""Troubles of the service's own: conductors that do not answer, databases that fail, defects."""

import io
import json
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import oslo_messaging
import pytest
import webob

from ironic_lite.api.app import make_app
from ironic_lite.common import context, rpc
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF
from ironic_lite.db import engine
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from tests.waiting import PATIENCE, at_most

pytestmark = pytest.mark.timed


@pytest.fixture
def app(configured: None) -> Iterator[Any]:
    """The API, and a conductor that counts as alive but does not answer."""
    ctxt = context.admin_context()
    Conductor.register(ctxt, "mute", ["fake-hardware"], "", Conductor.new_incarnation(), {})
    made = make_app()
    CONF.set_override("rpc_response_timeout", 1)
    yield made


def _ask(app: Any, method: str, path: str, body: Any = None) -> webob.Response:
    content = b"" if body is None else json.dumps(body).encode()
    request = webob.Request.blank(
        path,
        method=method,
        headers={"X-OpenStack-Ironic-API-Version": "latest"},
        environ={"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))},
    )
    return request.get_response(app)


def _fault(answer: webob.Response) -> str:
    inner: dict[str, Any] = json.loads(answer.json["error_message"])
    return str(inner["faultstring"])


def _node() -> str:
    node = Node(
        context.admin_context(),
        uuid=str(uuid.uuid4()),
        driver="fake-hardware",
        conductor_group="",
        provision_state="enroll",
    )
    node.create()
    return str(node.uuid)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/states/power", {"target": "power on"}),
        ("PUT", "/states/provision", {"target": "manage"}),
        ("PATCH", "", [{"op": "add", "path": "/extra/a", "value": 1}]),
        ("DELETE", "", None),
    ],
)
def test_conductor_that_is_gone(app: Any, method: str, path: str, body: Any) -> None:
    """Writes get 503 with Retry-After; reads succeed."""
    node = _node()
    answer = _ask(app, method, f"/v1/nodes/{node}{path}", body)
    assert answer.status_int == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "'mute' could not be reached" in _fault(answer)
    assert _ask(app, "GET", f"/v1/nodes/{node}").status_int == 200


class _Mute:
    """A conductor that accepts messages and does not answer."""

    target = oslo_messaging.Target(version="1.0")

    def __init__(self) -> None:
        self.let_go = threading.Event()

    @oslo_messaging.expose
    def change_node_power_state(self, _context: Any, **_arguments: Any) -> None:
        self.let_go.wait(PATIENCE)


def test_conductor_that_does_not_answer(app: Any) -> None:
    """503 with Retry-After, within the time that an RPC may take."""
    mute = _Mute()
    server = rpc.get_server(oslo_messaging.Target(topic=rpcapi.TOPIC, server="mute"), [mute])
    server.start()
    try:
        began = time.monotonic()
        answer = _ask(app, "PUT", f"/v1/nodes/{_node()}/states/power", {"target": "power on"})
        assert time.monotonic() - began < at_most(30)
        assert answer.status_int == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert "did not answer" in _fault(answer)
    finally:
        mute.let_go.set()
        server.stop()
        server.wait()


def test_driver_without_a_conductor(app: Any) -> None:
    """400, as Ironic, and the driver's name."""
    answer = _ask(app, "POST", "/v1/nodes", {"driver": "ipmi"})
    assert answer.status_int == 400
    assert "ipmi" in _fault(answer)


def test_database_without_tables(app: Any) -> None:
    """The log has the cause for the operator; the client learns only that the fault is not its own."""
    node = _node()
    with engine.writer() as connection:
        connection.exec_driver_sql("DROP TABLE ports")
        connection.exec_driver_sql("ALTER TABLE nodes RENAME TO lost")
    answer = _ask(app, "GET", f"/v1/nodes/{node}")
    assert answer.status_int >= 500
    assert "SELECT" not in answer.text
    assert "openstack-request-id" in answer.headers


def test_unexpected(app: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No internals in the reply; all of them in the log, under the request's id."""
    node = _node()
    with engine.writer() as connection:
        connection.exec_driver_sql("UPDATE nodes SET extra = '{no JSON'")
    answer = _ask(app, "GET", f"/v1/nodes/{node}")
    assert answer.status_int == 500
    assert "JSON" not in answer.text
    assert json.loads(json.loads(answer.text)["error_message"])["faultcode"] == "Server"
    assert "JSONDecodeError" in caplog.text
    assert answer.headers["openstack-request-id"].startswith("req-")
