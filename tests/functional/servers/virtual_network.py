# SPDX-License-Identifier: Apache-2.0
"""A network namespace for the switch of a virtual rack, and plain DHCP servers (dnsmasq) in its networks.

    with virtual_network.running() as network:
        network.serve_dhcp(101, "10.1.0", {mac: "10.1.0.5"}, boot_file=url)
        with VirtualRack(..., network_namespace=network.namespace) as rack:
            rack.plug(0, 101)

The namespace has no name. It lasts as long as one process, which dies with the test process, and takes all bridges and
one end of each veth pair with it; so a killed test run leaves nothing behind. This needs root.
"""

import concurrent.futures
import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.functional.servers import process, unprivileged
from tests.waiting import PATIENCE, wait_for

_CLONE_NEWNET = 0x40000000
Result = TypeVar("Result")

# Sends one ping out of an interface; prints whether there was an answer within some seconds.
_PING = """
import socket, struct, sys
interface, address, seconds = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as cable:
    cable.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    cable.settimeout(float(seconds))
    cable.sendto(bytes((8, 0)) + struct.pack("!H", 0xFFFF - 0x0800 - 7) + bytes((0, 0, 0, 7)), (address, 0))
    try:
        while cable.recvfrom(2048)[1][0] != address:
            pass
        print("yes")
    except OSError:
        print("no")
"""


def _pinging(vlan: int) -> tuple[str, ...]:
    return (sys.executable, "-c", _PING, f"vlan{vlan}")


class VirtualNetwork:
    """One namespace, with the DHCP servers that were started in it."""

    def __init__(self, directory: Path, pid: int, stack: ExitStack) -> None:
        self.pid = pid
        self._directory = directory
        self._stack = stack

    @property
    def namespace(self) -> str:
        """The namespace, as ``VirtualRack`` and ``nsenter`` take it."""
        return f"/proc/{self.pid}/ns/net"

    def run(self, *argv: str) -> str:
        """Run a command in the namespace and return what it prints. Raises AssertionError if it fails."""
        done = subprocess.run(
            self.entering(*argv), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def inside(self, make: Callable[[], Result]) -> Result:
        """Call a function in the namespace; what it makes, a socket or a thread, stays there."""

        def enter() -> Result:
            libc = ctypes.CDLL(None, use_errno=True)
            descriptor = os.open(self.namespace, os.O_RDONLY | os.O_CLOEXEC)
            try:
                assert libc.setns(descriptor, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            finally:
                os.close(descriptor)
            return make()

        # The thread ends in that namespace, so nothing else may run in it.
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            return thread.submit(enter).result(PATIENCE)

    def entering(self, *argv: str) -> list[str]:
        """The same command for somebody else to run."""
        return [process.find_program("nsenter"), f"--net={self.namespace}", "--", *argv]

    def bridge(self, vlan: int) -> str:
        """Make the bridge of a VLAN, as the rack does, and return its name."""
        name = f"vlan{vlan}"
        if name not in self.run("ip", "-br", "link", "show", "type", "bridge").split():
            self.run("ip", "link", "add", "name", name, "type", "bridge")
            self.run("ip", "link", "set", "dev", name, "up")
        return name

    def heard_in(self, vlan: int) -> set[str]:
        """The MAC addresses of whoever has sent something in a VLAN."""
        known = self.run("bridge", "fdb", "show", "br", f"vlan{vlan}", "dynamic")
        return {line.split()[0] for line in known.splitlines()}

    def reaches(self, vlan: int, address: str, seconds: float) -> bool:
        """Ping an address in a VLAN that has a DHCP server; True if there was an answer within ``seconds``."""
        return self.run(*_pinging(vlan), address, str(seconds)).strip() == "yes"

    def pinging(self, vlan: int) -> list[str]:
        """Return a command that pings as :meth:`reaches` does; it takes address and seconds, and prints yes or no."""
        return self.entering(*_pinging(vlan))

    def serve_dhcp(
        self,
        vlan: int,
        subnet: str,
        hosts: Mapping[str, str],
        *options: str,
        boot_file: str = "",
        mtu: int = 1500,
    ) -> process.ServerProcess:
        """Start dnsmasq in a VLAN, with the address ``SUBNET.1``; it knows ``hosts`` (address by MAC) and nobody else.

        :param subnet: the first three numbers of a /24 network.
        :param options: more of dnsmasq's options.
        """
        bridge = self.bridge(vlan)
        self.run("ip", "address", "add", f"{subnet}.1/24", "dev", bridge)
        argv = [
            process.find_program("dnsmasq"),
            "--conf-file=/dev/null",
            "--keep-in-foreground",
            "--log-facility=-",
            "--log-dhcp",
            # As another user or group it would outlive a killed test run.
            "--user=root",
            "--group=root",
            "--port=0",
            "--no-ping",
            "--bind-interfaces",
            "--except-interface=lo",
            f"--interface={bridge}",
            f"--pid-file={self._directory}/{bridge}.pid",
            f"--dhcp-leasefile={self._directory}/{bridge}.leases",
            f"--dhcp-range={subnet}.0,static,255.255.255.0,1h",
            f"--dhcp-option=option:router,{subnet}.254",
            f"--dhcp-option=option:mtu,{mtu}",
            *(f"--dhcp-host={mac},{address}" for mac, address in hosts.items()),
            *options,
        ]
        if boot_file:
            argv += ["--dhcp-match=set:ipxe,175", f"--dhcp-boot=tag:ipxe,{boot_file}"]
        server = process.ServerProcess(
            f"dnsmasq of {bridge}",
            self.entering(*argv),
            log=self._directory / f"{bridge}.log",
            drop_privileges=False,
        )
        self._stack.callback(server.kill)
        server.start()
        server.wait_until(
            lambda: "DHCP, " in server.log.read_text(errors="replace"), "DHCP to be served"
        )
        return server


@contextmanager
def running() -> Iterator[VirtualNetwork]:
    """A new namespace, until the end of the block."""
    assert os.geteuid() == 0, "network namespaces need root"
    with unprivileged.server_directory("network") as directory, ExitStack() as stack:
        holder = process.ServerProcess(
            "network namespace",
            [process.find_program("unshare"), "--net", "sleep", "infinity"],
            log=directory / "namespace.log",
            drop_privileges=False,
        )
        stack.callback(holder.kill)
        holder.start()
        ours, its = Path("/proc/self/ns/net"), Path(f"/proc/{holder.pid}/ns/net")
        wait_for(lambda: its.readlink() != ours.readlink(), "the namespace")
        network = VirtualNetwork(directory, holder.pid, stack)
        network.run("ip", "link", "set", "dev", "lo", "up")
        yield network


def generic_switch(ssh_port: int, username: str = "admin", password: str = "password") -> str:
    """The section of Neutron's ML2 configuration with which networking-generic-switch drives the rack's switch."""
    return f"""
[genericswitch:virtual-switch]
device_type = netmiko_cisco_nxos
ip = 127.0.0.1
port = {ssh_port}
username = {username}
password = {password}
ngs_mac_address = 02:00:00:00:5c:01
ngs_save_configuration = false
ngs_ssh_reuse_connection = true
"""
