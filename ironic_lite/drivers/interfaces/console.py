# SPDX-License-Identifier: Apache-2.0
"""Serial and graphical consoles."""

import abc
from typing import Any, ClassVar, Protocol

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class ConsoleUnavailable(Exception):
    """There is no connection to the console; the message says why, and holds no secret."""


class ConsoleTaken(ConsoleUnavailable):
    """Somebody else has the console's only session; it is not taken away from them."""


class ConsoleStream(Protocol):
    """One connection to a serial console. Use it in its event loop only."""

    async def read(self) -> bytes:
        """Wait for the next bytes that the server prints.

        :raises ConsoleUnavailable: when the connection has ended.
        """

    async def write(self, data: bytes) -> None:
        """Type.

        :raises ConsoleUnavailable: when the connection has ended.
        """

    async def send_break(self) -> None:
        """Send a serial break; nothing happens where the line cannot.

        :raises ConsoleUnavailable: when the connection has ended.
        """

    async def close(self) -> None:
        """End the connection. Idempotent, raises nothing, and takes a few seconds at most."""


class ConsoleInterface(BaseInterface):
    """Opens and closes a server's console.

    Both run under the exclusive lock, in the background. They are not repeated after a crash: the node's ``last_error``
    then says that they may have taken effect or not.
    """

    interface_type = "console"

    has_stream: ClassVar[bool] = False
    """Whether the conductor keeps a connection from :meth:`open_stream`, while ``console_enabled``, and gives it to all
    who watch. ``start_console``, ``stop_console`` and ``get_console`` have nothing to do then."""

    @abc.abstractmethod
    def start_console(self, task: Task) -> None:
        """Make the console reachable."""

    @abc.abstractmethod
    def stop_console(self, task: Task) -> None:
        """Close the console, if it is open."""

    @abc.abstractmethod
    def get_console(self, task: Task) -> dict[str, Any]:
        """Return ``{"type": ..., "url": ...}``. Any lock."""

    async def open_stream(self, node: Any) -> ConsoleStream:
        """Connect to the console. Called in the event loop of the consoles, without a lock; changes nothing.

        :param node: the node's record.
        :raises ConsoleTaken: when somebody else has the console's only session.
        :raises ConsoleUnavailable: when the console cannot be reached, or the node's settings are wrong.
        """
        raise ConsoleUnavailable("this console interface has no stream")


class StreamingConsole(ConsoleInterface):
    """A console that the conductor keeps connected: implementations add ``open_stream`` and ``validate``."""

    has_stream = True

    def start_console(self, task: Task) -> None:
        return None

    def stop_console(self, task: Task) -> None:
        return None

    def get_console(self, task: Task) -> dict[str, Any]:
        return {}
