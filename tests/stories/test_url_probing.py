# SPDX-License-Identifier: Apache-2.0
"""A lessee tries URLs to learn about the service's network."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.agent.images import image_server
from tests.stories import access_service as access
from tests.stories.access_requests import LESSEE, OWNER
from tests.waiting import wait_for

LOOPBACK = {"outbound": {"allowed_networks": ["127.0.0.0/8", "::1"]}}


@pytest.fixture(params=[{}, LOOPBACK], ids=["loopback denied", "loopback allowed"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[access.Service]:
    """With the addresses of this machine denied, as usual, and with them allowed."""
    with access.running(tmp_path, request.param) as made:
        yield made


@contextlib.contextmanager
def _ports() -> Iterator[dict[str, int]]:
    """What may be at a port: a web server, a server that closes the connection, nothing."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(image_server())
        rude = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_hang_up, args=(rude,), daemon=True).start()
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        yield {
            "a web server": int(served.url.rpartition(":")[2]),
            "somebody": rude.getsockname()[1],
            "nobody": closed.getsockname()[1],
        }


def _hang_up(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            listener.accept()[0].close()


def _told(service: access.Service, user: str, node: str, host: str, port: int) -> str:
    """Return the error about an image at this port, without the port's number."""
    url = f"http://{host}:{port}/secret"
    info = {"image_source": url, "image_checksum": "a" * 64}
    patch = [{"op": "add", "path": "/instance_info", "value": info}]
    status, answer = service.ask(user, "PATCH", f"/nodes/{node}", patch)
    assert status == 200, answer
    status, answer = service.ask(user, "GET", f"/nodes/{node}/validate", None)
    assert status == 200, answer
    deploy = answer["deploy"]
    assert deploy["result"] is False
    body = {"target": "active"}
    status, answer = service.ask(user, "PUT", f"/nodes/{node}/states/provision", body)
    assert status == 400, answer
    return f"{deploy['reason']}\n{answer}".replace(str(port), "PORT")


HOSTS = ["127.0.0.1", "localhost", "127.1", "0", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"]


def test_a_lessee_does_not_learn_which_ports_are_open(service: access.Service) -> None:
    operator, lessee = access.user_of("system", "admin"), access.user_of("lessee", "admin")
    node = _node(service, operator)
    with _ports() as ports:
        for host in HOSTS:
            told = {k: _told(service, lessee, node, host, port) for k, port in ports.items()}
            assert len(set(told.values())) == 1, told
        told = {k: _told(service, operator, node, "127.0.0.1", port) for k, port in ports.items()}
    reasons = " ".join(told.values())
    assert ("a loopback address" in reasons) != ("status 404" in reasons and "refused" in reasons)


def _node(service: access.Service, operator: str) -> str:
    fields = {
        "driver": "fake-hardware",
        "deploy_interface": "direct",
        "boot_interface": "fake",
        "automated_clean": False,
        "owner": OWNER,
        "lessee": LESSEE,
    }
    status, made = service.ask(operator, "POST", "/nodes", fields)
    assert status == 201, made
    for target, state in (("manage", "manageable"), ("provide", "available")):
        path = f"/nodes/{made['uuid']}/states/provision"
        status, answer = service.ask(operator, "PUT", path, {"target": target})
        assert status == 202, answer
        wait_for(lambda: _shown(service, operator, made["uuid"])["provision_state"] == state, state)  # noqa: B023
    return str(made["uuid"])


def _shown(service: access.Service, user: str, node: str) -> dict[str, Any]:
    status, shown = service.ask(user, "GET", f"/nodes/{node}", None)
    assert status == 200, shown
    return dict(shown)
