# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite demo`` and ``ironic-lite rack`` as they are typed."""

import contextlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ironic_lite_simulator.demo.client import BaremetalApi
from ironic_lite_simulator.demo.enrolment import Enrolment
from ironic_lite_simulator.demo.service import Service, free_port
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.cli.conftest import Baremetal
from tests.waiting import PATIENCE, wait_for

NEWEST = {"X-OpenStack-Ironic-API-Version": "latest"}
IRONIC_LITE = str(Path(sys.executable).with_name("ironic-lite"))


class Running:
    """A command in the background, with its output in a file."""

    def __init__(self, output: Path, *arguments: str) -> None:
        self._output = output
        with output.open("wb") as stream:
            self.process = subprocess.Popen([IRONIC_LITE, *arguments], stdout=stream, stderr=stream)

    @property
    def output(self) -> str:
        """Return its output so far."""
        return self._output.read_text()

    def find(self, pattern: str, timeout: float = 90) -> str:
        """Wait until the pattern is in the output, and return its group."""

        def found() -> str | None:
            match = re.search(pattern, self.output)
            if match is None and self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
            return match.group(1) if match else None

        text = wait_for(found, pattern, timeout, describe=lambda: self.output)
        assert text is not None
        return text

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def running(output: Path, *arguments: str) -> Iterator[Running]:
    """Run a command for as long as the block lasts."""
    command = Running(output, *arguments)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.stop(signal.SIGTERM)


def is_open(url: str) -> bool:
    """Tell whether a process listens on the port."""
    host, _, port = url.partition("://")[2].partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_demo_exit() -> None:
    done = subprocess.run(
        [IRONIC_LITE, "demo", "--exit", "--servers", "2", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 2 servers are active" in done.stdout
    for name in ("demo-0", "demo-1"):
        assert re.search(rf"{name}\s+active\s+power on\s+server: on, booted", done.stdout)


def test_demo_stays_until_it_is_interrupted(tmp_path: Path) -> None:
    with running(tmp_path / "out", "demo", "--servers", "1", "--port", "0") as demo:
        log = demo.find(r"Log of the service: (.*)\n")
        url = demo.find(r"OS_ENDPOINT=(\S+)")
        rack = demo.find(r"curl (\S+)/servers/0\n")
        nodes = requests.get(f"{url}/v1/nodes", timeout=PATIENCE).json()["nodes"]
        assert [n["provision_state"] for n in nodes] == ["active"]
        assert requests.get(f"{rack}/servers/0", timeout=PATIENCE).json()["phase"] == "booted"
        assert Path(log).exists()
        assert demo.stop(signal.SIGINT) == 0
        assert not is_open(url)
        assert not is_open(rack)
        assert not Path(log).parent.exists()


def test_what_the_demo_prints_works_in_this_order(tmp_path: Path) -> None:
    with running(tmp_path / "out", "demo", "--servers", "1", "--port", "0") as demo:
        demo.find(r"Log of the service: (.*)\n")
        url = demo.find(r"OS_ENDPOINT=(\S+)")
        printed = re.findall(r"^  \S+/baremetal (.*)$", demo.output, re.MULTILINE)
        assert len(printed) > 10
        # The command itself looks every 10 s only.
        with contextlib.closing(Baremetal(url, tmp_path)) as baremetal:
            for line in printed:
                baremetal(*shlex.split(line.replace(" --wait 60", "")))
                wait_for(lambda: at_rest(url), f"the end of {line}", 90)
        node = requests.get(f"{url}/v1/nodes/demo-0", headers=NEWEST, timeout=PATIENCE).json()
        assert (node["provision_state"], node["power_state"]) == ("active", "power on")
        rack = demo.find(r"curl (\S+)/servers/0\n")
        seen = requests.get(f"{rack}/servers/0", timeout=PATIENCE).json()
        assert seen["phase"] in ("post", "booting-disk", "booted")


def at_rest(url: str) -> bool:
    """Tell whether the node is at rest."""
    node = requests.get(f"{url}/v1/nodes/demo-0", headers=NEWEST, timeout=PATIENCE).json()
    assert not node["last_error"], node["last_error"]
    assert not node["provision_state"].endswith(" failed")
    return not (node["reservation"] or node["target_provision_state"] or node["target_power_state"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_interrupted_at_work_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "out", "demo", "--servers", "1", "--port", "0") as demo:
        url = demo.find(r"Starting ironic_lite at (\S+)")
        wait_for(lambda: is_open(url), "the service")
        assert demo.stop(number) == 1
        assert "Stopped." in demo.output
        assert not is_open(url)


def test_a_killed_demo_leaves_no_service(tmp_path: Path) -> None:
    with running(tmp_path / "out", "demo", "--servers", "1", "--port", "0") as demo:
        url = demo.find(r"Starting ironic_lite at (\S+)")
        wait_for(lambda: is_open(url), "the service")
        demo.stop(signal.SIGKILL)
        wait_for(lambda: not is_open(url), "its end")


def test_demo_that_is_too_slow_says_where_the_logs_are() -> None:
    done = subprocess.run(
        [IRONIC_LITE, "demo", "--exit", "--servers", "1", "--port", "0", "--timeout", "0.001"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "in time" in done.stdout
    logs = Path(re.search(r"Logs: (\S+)", done.stdout)[1])  # type: ignore[index]
    assert (logs / "rack.log").exists()
    shutil.rmtree(logs)


def test_a_server_that_fails_shows_its_last_error(tmp_path: Path) -> None:
    port = free_port(0)
    assert port is not None
    service = Service(tmp_path, port)
    service.start()
    try:
        with VirtualRack(count=2, boot_url=service.url) as rack:
            rack.set_faults(1, bmc_wrong_password=True)
            service.wait_until_ready(time.monotonic() + 60)
            api = BaremetalApi(service.url)
            enrolment = Enrolment(api, rack)
            enrolment.enrol()

            def advance() -> bool:
                enrolment.advance()
                return enrolment.done

            wait_for(advance, "all servers to end", 90, 0.2)
            api.close()
    finally:
        service.stop()
    good, bad = enrolment.servers
    assert good.error is None
    assert bad.error
    assert "password" in bad.error
    assert not enrolment.all_active


def test_demo_on_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [IRONIC_LITE, "demo", "--exit", "--port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "is in use" in done.stdout
    assert "--port 0" in done.stdout


def test_rack_in_the_foreground(tmp_path: Path) -> None:
    ports = ("--http-port", "0", "--bmc-port-base", "0")
    with running(tmp_path / "out", "rack", "--count", "3", *ports) as rack:
        url = rack.find(r"curl (\S+)/servers\n")
        servers = requests.get(f"{url}/servers", timeout=PATIENCE).json()["servers"]
        assert len(servers) == 3
        assert f"bmc 127.0.0.1:{servers[2]['bmc_port']}" in rack.output
        assert rack.stop(signal.SIGINT) == 0
        assert not is_open(url)


def test_rack_on_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [IRONIC_LITE, "rack", "--http-port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "--http-port" in done.stderr
