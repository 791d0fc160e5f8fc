# SPDX-License-Identifier: Apache-2.0
"""What systemd hears of the services: ready when they serve, signs of life, and their end."""

import os
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE


class Manager:
    """The socket at which systemd listens; messages come with the number of their process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(str(path))
        path.chmod(0o777)
        self._socket.settimeout(PATIENCE)

    def heard(self) -> tuple[str, int]:
        """Wait for the next message."""
        message, others, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
        (_, _, credentials), *_ = others
        return message.decode(), struct.unpack("3i", credentials)[0]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = Path("/tmp") / f"ironic-lite-notify-{os.getpid()}-{tmp_path.name}"[:90]
    manager = Manager(path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    yield manager
    manager.close()
    path.unlink()


def test_all_in_one(
    manager: Manager, make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    service = make_deployment(database=sqlite_url)
    service.start_all_in_one()
    assert service.api is not None
    assert manager.heard() == ("READY=1", service.api.pid)
    for _ in range(3):
        assert manager.heard() == ("WATCHDOG=1", service.api.pid)
    service.api.signal(signal.SIGTERM)
    while (told := manager.heard())[0] == "WATCHDOG=1":
        pass
    assert told == ("STOPPING=1", service.api.pid)


def test_workers_leave_it_to_their_parent(
    manager: Manager,
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
) -> None:
    service = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    service.start_api({"api": {"workers": 2}})
    assert service.api is not None
    told = [manager.heard() for _ in range(4)]
    service.api.signal(signal.SIGTERM)
    while told[-1][0] != "STOPPING=1":
        told.append(manager.heard())
    assert {number for _, number in told} == {service.api.pid}
    assert [state for state, _ in told if state != "WATCHDOG=1"] == ["READY=1", "STOPPING=1"]
