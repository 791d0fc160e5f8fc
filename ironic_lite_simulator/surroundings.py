# SPDX-License-Identifier: Apache-2.0
"""The identity of a virtual server, and what it shares with the other servers of its rack."""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp

from ironic_lite_simulator.journal import Journal
from ironic_lite_simulator.network.fabric import Fabric
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.timing import Timing

CHUNK = 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a server, and its NICs, of which there is at least one.

    ``agent_url`` opens the port of its agent, with or without TLS, and returns its URL.
    """

    index: int
    name: str
    nics: tuple[Nic, ...]
    uuid: str
    agent_url: Callable[[bool], Awaitable[str]]
    bmc_address: str

    @property
    def mac(self) -> str:
        """The MAC address of the first NIC."""
        return self.nics[0].mac


@dataclasses.dataclass(slots=True)
class Surroundings:
    """What a server shares with the rack. ``fabric`` is the switch and the cables to it.

    ``boot_url`` is the root URL of the provisioning API, ``agent_certificate`` (PEM) is the certificate of all agents,
    and ``boot_attempts`` says how often a server requests its boot script.
    """

    boot_url: str
    agent_certificate: str
    http: aiohttp.ClientSession
    journal: Journal
    timing: Timing
    fabric: Fabric
    boot_attempts: int = 3

    async def stream(self, url: str, timeout: float = 60.0) -> AsyncIterator[bytes]:
        """Yield the chunks of a file, for at most ``timeout`` seconds.

        :raises DownloadFailed: the answer was not 200, or came too late.
        """
        limit = aiohttp.ClientTimeout(total=timeout, connect=10)
        try:
            async with self.http.get(url, timeout=limit) as response:
                if response.status != 200:
                    raise DownloadFailed(f"{url} answered {response.status}", response.status)
                async for chunk in response.content.iter_chunked(CHUNK):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            raise DownloadFailed(f"{url}: {type(exc).__name__}: {exc}") from exc


class DownloadFailed(Exception):
    """A file could not be fetched; ``status`` is the HTTP status, 0 if there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
