# SPDX-License-Identifier: Apache-2.0
"""A rack with an event loop in a thread of its own, for code that is not asynchronous."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from ironic_lite_simulator import machine as simulated
from ironic_lite_simulator.journal import Entry
from ironic_lite_simulator.rack import Rack, RackOptions
from ironic_lite_simulator.virtual_machine import machine as virtual_machine

_START_TIMEOUT = 60.0
_CALL_TIMEOUT = 30.0


class VirtualRack:
    """A running rack: ``with VirtualRack(count=4, boot_url=...) as rack:``.

    Takes the fields of :class:`RackOptions`. Every method may be called from any thread.
    """

    def __init__(self, **options: Any) -> None:
        self._rack = Rack(RackOptions(**options))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="virtual-rack", daemon=True)
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._stop = asyncio.Event()

    def __enter__(self) -> "VirtualRack":
        """Start the rack. Every socket is bound when this returns.

        :raises OSError: a port is taken.
        :raises CablesFailed: the network namespace cannot be used, or virtual machines lack one.
        :raises NotInstalled: a program or firmware of virtual machines is missing.
        :raises TimeoutError: it did not start within a minute.
        """
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT):
            raise TimeoutError("The virtual rack did not start within a minute.")
        if self._error is not None:
            self._thread.join(_START_TIMEOUT)
            raise self._error
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the rack and wait until it has ended."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_CALL_TIMEOUT)

    @property
    def options(self) -> RackOptions:
        return self._rack.options

    @property
    def http_url(self) -> str:
        """Root of the control API and of the images."""
        return self._rack.http_url

    def bmc_port(self, index: int) -> int:
        """Return the UDP port of a server's BMC on 127.0.0.1."""
        return self._rack.servers[index].bmc_port

    def set_boot_url(self, url: str) -> None:
        """Set the URL of the provisioning API that servers boot from."""
        self._call(lambda: self._rack.set_boot_url(url))

    def status(self, index: int) -> dict[str, Any]:
        """Return what GET /servers/N shows."""
        return self._call(self._rack.servers[index].status)

    def statuses(self) -> list[dict[str, Any]]:
        return self._call(lambda: [s.status() for s in self._rack.servers])

    def console(self, index: int) -> list[str]:
        """Return the last lines of a server's serial console."""
        return self._call(self._rack.servers[index].console)

    def type(self, index: int, text: str) -> None:
        """Send keystrokes to the serial console of a virtual machine."""
        machine = self._rack.servers[index].machine
        assert isinstance(machine, virtual_machine.Machine), (
            "a simulated server takes no keystrokes"
        )
        self._call(lambda: machine.type(text))

    def config_drive(self, index: int) -> bytes | None:
        """Return the content of the config drive on a simulated server's disk."""
        machine = self._rack.servers[index].machine
        assert isinstance(machine, simulated.Machine), "look at the disk file of a virtual machine"
        return self._call(machine.disk.config_drive)

    def set_faults(self, index: int, **faults: Any) -> None:
        """Set faults of a server and keep its other faults.

        :raises InvalidFault: a fault is unknown or its value does not fit.
        """
        self._call(lambda: self._rack.servers[index].faults.update(faults))

    def clear_faults(self, index: int) -> None:
        """Make a server healthy."""
        self._call(self._rack.servers[index].faults.clear)

    def control(self, index: int, action: str) -> None:
        """Change power as if somebody pressed the server's button: on, off, cycle, reset or soft."""
        self._call(lambda: self._rack.servers[index].machine.control(action))

    @property
    def switch_ssh_port(self) -> int:
        """The TCP port of the switch's SSH server on 127.0.0.1; user and password are those of the BMCs."""
        return self._rack.fabric.ssh_port

    def switch(self) -> dict[str, Any]:
        """Return what GET /switch shows: the switch's name, MAC address, VLANs and ports."""
        return self._call(self._rack.fabric.status)

    def plug(self, index: int, network: int, nic: int = 0) -> None:
        """Put the switch port of a server's NIC into a network (VLAN, 1 to 4094).

        :raises SwitchError: the VLAN is out of range.
        """
        self._wait(self._rack.fabric.plug(self._switch_port(index, nic), network))

    def unplug(self, index: int, nic: int = 0) -> None:
        """Take the switch port of a server's NIC out of its network."""
        self._wait(self._rack.fabric.unplug(self._switch_port(index, nic)))

    def journal(self, since: int = 0, server: str | None = None) -> list[Entry]:
        """Return the journal's entries after a sequence number."""
        return self._rack.journal.since(since, server)

    def _switch_port(self, index: int, nic: int) -> str:
        return self._rack.servers[index].machine.identity.nics[nic].switch_port

    def _call(self, function: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return function()

        return self._wait(run())

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_TIMEOUT)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as exc:  # __enter__ raises it in the caller's thread
            self._error = exc
        finally:
            self._started.set()
            self._loop.close()

    async def _main(self) -> None:
        async with self._rack:
            self._started.set()
            await self._stop.wait()
