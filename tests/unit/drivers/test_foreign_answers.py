# SPDX-License-Identifier: Apache-2.0
"""Something else answers at the address of Neutron or Cinder, with status 200 and whatever it has.

Every answer must end in an error of this service that names the other one.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from keystoneauth1 import loading

from ironic_lite.common import exception, openstack_services
from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.network.client import Neutron
from ironic_lite.drivers.modules.storage.cinder_client import Cinder

IDENT = "5b2f6c1e-0a4d-4f7e-9c3b-8d1e2f3a4b5c"
BODIES = {
    "empty object": b"{}",
    "list": b"[]",
    "text": b'"hello"',
    "null": b"null",
    "number": b"17",
    "page": b"<html>welcome</html>",
    "nothing": b"",
    "other object": b'{"message": "hello"}',
    "wrong kinds": b'{"ports": 3, "port": 3, "networks": "x", "network": [], "subnet": 1, "segment": 1, '
    b'"security_groups": {"a": 1}, "agents": true, "volume": 3, "attachment": "x", "attachments": 3, "metadata": 4}',
    "records without ids": b'{"ports": [{}], "port": {}, "networks": [{}], "network": {}, "subnet": {}, "segment": {}, '
    b'"security_groups": [{}], "agents": [{}], "volume": {}, "attachment": {}, "attachments": [{}], "metadata": {}}',
    "ids of other kinds": b'{"ports": [{"id": 1}], "port": {"id": {}}, "networks": [{"id": []}], "network": {"id": 4}, '
    b'"subnet": {"id": 1}, "segment": {"id": 1}, "security_groups": [{"id": 1}], "agents": [{"id": 1}], '
    b'"volume": {"id": 1}, "attachment": {"id": 1}, "attachments": [{"id": 1}]}',
    "deep": b'{"port":' * 100_000,
}


class _Somebody(BaseHTTPRequestHandler):
    """Offers the versions of both services, and answers everything else with the same body."""

    server: Any

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = self.server.versions.get(self.path.rstrip("/"), self.server.body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def _versions(about: dict[str, str], url: str) -> bytes:
    offered = {**about, "status": "CURRENT", "links": [{"rel": "self", "href": url}]}
    return json.dumps({"versions": [offered]}).encode()


@pytest.fixture
def somebody(set_option: Callable[..., None]) -> Iterator[ThreadingHTTPServer]:
    """The server that both groups name."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Somebody)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    server.versions = {
        "": _versions({"id": "v2.0"}, f"{url}/v2.0/"),
        "/v3": _versions({"id": "v3.0", "version": "3.71", "min_version": "3.0"}, f"{url}/v3/"),
    }
    for group, place in (("neutron", url), ("cinder", f"{url}/v3")):
        loading.register_auth_conf_options(CONF, group)
        loading.register_session_conf_options(CONF, group)
        loading.register_adapter_conf_options(CONF, group, include_deprecated=False)
        set_option("auth_type", "none", group)
        set_option("endpoint_override", place, group)
    openstack_services.forget()
    yield server
    server.shutdown()
    server.server_close()
    openstack_services.forget()


NEUTRON: dict[str, Callable[[Neutron], Any]] = {
    "port": lambda neutron: neutron.port(IDENT),
    "ports": lambda neutron: neutron.ports(network_id=IDENT),
    "network": lambda neutron: neutron.network(IDENT),
    "networks": lambda neutron: neutron.networks_named("cleaning"),
    "subnet": lambda neutron: neutron.subnet(IDENT),
    "segment": lambda neutron: neutron.segment(IDENT),
    "groups": lambda neutron: neutron.missing_groups([IDENT]),
    "agent": lambda neutron: neutron.has_living_agent("here"),
    "create": lambda neutron: neutron.create_port(network_id=IDENT),
    "update": lambda neutron: neutron.update_port(IDENT, name="x"),
}
CINDER: dict[str, Callable[[Cinder], Any]] = {
    "volume": lambda cinder: cinder.volume(IDENT),
    "attachments": lambda cinder: cinder.attachments(IDENT),
    "reserve": lambda cinder: cinder.reserve(IDENT, IDENT),
    "connect": lambda cinder: cinder.connect(IDENT, IDENT, {}),
    "connection": lambda cinder: cinder.connection(IDENT),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("call", NEUTRON)
def test_neutron(somebody: Any, call: str, body: str) -> None:
    somebody.body = BODIES[body]
    with pytest.raises(exception.NetworkError) as failed:
        NEUTRON[call](Neutron(lambda: None))
    assert "Neutron" in failed.value.message


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("call", CINDER)
def test_cinder(somebody: Any, call: str, body: str) -> None:
    somebody.body = BODIES[body]
    with pytest.raises(exception.StorageError) as failed:
        CINDER[call](Cinder())
    assert "Cinder" in failed.value.message
