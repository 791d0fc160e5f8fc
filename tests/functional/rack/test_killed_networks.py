# SPDX-License-Identifier: Apache-2.0
"""A killed test run leaves nothing of its networks behind: no process, no network namespace, no interface."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.functional.servers import openstack_environment
from tests.waiting import wait_for

# Instead of neutron-dhcp-agent: as that does, it makes a namespace, and starts a daemon that does not end with it.
_AGENT = """\
#!/bin/sh
ip netns add qdhcp-of-a-killed-run
ip link add killed-run type veth peer name killed-peer netns qdhcp-of-a-killed-run
ip link set killed-run netns rack
setsid sh -c 'while true; do sleep 1; done' "$2" >/dev/null 2>&1 &
sleep 600
"""
_RUN = """\
import sys
from pathlib import Path
from tests.functional.servers import neutron_dhcp_agent, virtual_network
from tests.functional.servers.openstack_environment import Environment

home = Path(sys.argv[1])
with virtual_network.running() as network:
    network.serve_dhcp(101, "10.1.0", {})
    agent = neutron_dhcp_agent.prepare(Environment(home), home, "rabbit://", network, "dhcp-1")
    agent.process.start()
    agent.process.wait_until(lambda: "killed-run" in network.run("ip", "link"), "the veth")
    agent.process.wait_until(lambda: len(agent.processes()) > 2, "the daemon")
    print(network.pid, flush=True)
    sys.stdin.read()
"""


def test_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name, text in (("neutron-dhcp-agent", _AGENT), ("privsep-helper", "")):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    run = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=openstack_environment.CHECKOUT,
        text=True,
    )
    assert run.stdout is not None
    holder = int(run.stdout.readline())
    namespace = _namespace(holder)
    assert namespace is not None
    inside = [*_in_namespace(namespace), *_with_argument(str(tmp_path))]
    assert len(inside) >= 4, "the holder, dnsmasq, the agent, the daemon"
    run.send_signal(signal.SIGKILL)
    run.wait()
    wait_for(
        lambda: not _in_namespace(namespace) and not _with_argument(str(tmp_path)),
        "the end of all processes",
    )
    assert not Path("/run/netns/qdhcp-of-a-killed-run").exists()
    assert "killed-" not in subprocess.check_output(["ip", "link"], text=True)


def _in_namespace(inode: int | None) -> list[int]:
    """The processes in a network namespace."""
    return [pid for pid in _processes() if _namespace(pid) == inode]


def _with_argument(text: str) -> list[int]:
    """The processes that have this on their command line, without the killed run itself."""
    found = []
    for pid in _processes():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-c" not in arguments[:2] and any(text.encode() in each for each in arguments):
            found.append(pid)
    return found


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").glob("[0-9]*")]


def _namespace(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None
