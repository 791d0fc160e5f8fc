# SPDX-License-Identifier: Apache-2.0
"""The cables of a rack whose networks carry packets: Linux bridges and TAP devices in a network namespace.

Each VLAN is a bridge, ``vlan101``, and each switch port a TAP device, ``Eth1-4``, in the bridge of its VLAN. Whatever
else is in the bridge (the veth of a DHCP server, for example) is in the same network. TAP devices vanish with the
process of the rack; bridges stay in the namespace.
"""

import asyncio
import ctypes
import fcntl
import os
import struct
import subprocess
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

_NAMED = Path("/run/netns")
_TUN = "/dev/net/tun"
_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
_MAX_FRAME = 65536
_IP_TIMEOUT = 30.0
Result = TypeVar("Result")


class CablesFailed(Exception):
    """Devices of the network namespace could not be made or changed; the message says why."""


class Cables:
    """The devices in one namespace: its name as of ``ip netns``, or a path such as ``/proc/PID/ns/net``."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._path = Path(namespace) if "/" in namespace else _NAMED / namespace
        # A thread of its own, because only that enters the namespace.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rack-cables")
        self._descriptors: dict[str, int] = {}

    async def open(
        self,
        ports: Iterable[str],
        machines: Collection[str],
        receive: Callable[[str, bytes], None],
    ) -> None:
        """Enter the namespace and make the devices of switch ports. ``receive`` gets port and frame.

        The frames of the ports in ``machines`` are left to virtual machines, which get the device: :meth:`tap`.

        :raises CablesFailed: there is no such namespace, or no permission.
        """
        await self._do(_enter, self._path)
        loop = asyncio.get_running_loop()
        for port in ports:
            of_machine = port in machines
            descriptor = await self._do(_open_tap, _device(port), of_machine)
            self._descriptors[port] = descriptor
            if not of_machine:
                loop.add_reader(descriptor, _read_frames, descriptor, port, receive)

    async def connect(self, port: str, vlan: int | None) -> None:
        """Put the device of a port into the bridge of a VLAN, or into none.

        :raises CablesFailed: ``ip`` reported an error.
        """
        await self._do(_connect, _device(port), vlan)

    def send(self, port: str, frame: bytes) -> None:
        """Send a frame from the cable into the switch port; without a link it is lost."""
        try:
            os.write(self._descriptors[port], frame)
        except OSError:
            return

    def tap(self, port: str) -> int:
        """Return the file descriptor of a port's device."""
        return self._descriptors[port]

    async def close(self) -> None:
        """Remove the devices of the ports."""
        loop = asyncio.get_running_loop()
        for descriptor in self._descriptors.values():
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._descriptors.clear()
        await asyncio.to_thread(self._thread.shutdown)

    async def _do(self, function: Callable[..., Result], *arguments: object) -> Result:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, function, *arguments)
        except OSError as exc:
            raise CablesFailed(
                f"network namespace {self.namespace}: {exc}. Networks with DHCP need root, /dev/net/tun, the program "
                "ip, and a namespace (ip netns add NAME)."
            ) from exc


def _enter(path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def _open_tap(device: str, of_machine: bool) -> int:
    # With a header before each frame QEMU leaves checksums and segmentation to the kernel.
    flags = _IFF_TAP | _IFF_NO_PI | (_IFF_VNET_HDR if of_machine else 0)
    descriptor = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", device.encode(), flags))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _connect(device: str, vlan: int | None) -> None:
    if vlan is None:
        _ip(f"link set dev {device} down", f"link set dev {device} nomaster")
        return
    bridge = f"vlan{vlan}"
    if bridge not in _ip("-o link show type bridge").replace(":", " ").split():
        # An address of its own, because otherwise it takes and changes to those of its ports.
        address = f"02:00:00:01:{vlan >> 8:02x}:{vlan & 0xFF:02x}"
        _ip(f"link add name {bridge} address {address} type bridge")
        _ip(f"link set dev {bridge} up")
    _ip(f"link set dev {device} master {bridge}", f"link set dev {device} up")


def _ip(*commands: str) -> str:
    """Run commands of ``ip`` in the namespace of this thread and return what they print."""
    printed = ""
    for command in commands:
        try:
            done = subprocess.run(  # noqa: S603 - our own words and numbers
                ["ip", *command.split()],  # noqa: S607 - wherever the system has it
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_IP_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as exc:
            raise OSError(f"ip {command} did not end within {_IP_TIMEOUT:g} s") from exc
        if done.returncode and "File exists" not in done.stderr:
            raise OSError(f"ip {command}: {done.stderr.strip()}")
        printed += done.stdout
    return printed


def _device(port: str) -> str:
    return port.replace("Ethernet", "Eth").replace("/", "-")


def _read_frames(descriptor: int, port: str, receive: Callable[[str, bytes], None]) -> None:
    while True:
        try:
            frame = os.read(descriptor, _MAX_FRAME)
        except OSError:
            return  # nothing more to read, or the link is down
        receive(port, frame)
