# SPDX-License-Identifier: Apache-2.0
"""One scan of many addresses, in one event loop: IPMI and Redfish at the same time."""

import asyncio
import dataclasses
import resource
import time
from collections.abc import Sequence
from typing import Any

from ironic_lite.scan import ipmi, redfish
from ironic_lite.scan.targets import Address

_CONNECTIONS = 400
_SPARE_FILES = 64
_SLOWEST_ANSWER = 8.0


@dataclasses.dataclass(frozen=True)
class Options:
    """How to scan.

    :param port: UDP port of IPMI; ``redfish_port``: TCP port of Redfish.
    :param rate: addresses per second.
    :param patience: seconds to wait for an answer.
    """

    port: int = 623
    redfish_port: int = 443
    rate: float = 250.0
    patience: float = 1.5


@dataclasses.dataclass(frozen=True)
class BMC:
    """What has answered at one address."""

    address: Address
    answers: ipmi.Answers | None
    root: redfish.Root | None

    @property
    def speaks_ipmi(self) -> bool:
        found = self.answers
        return found is not None and (
            found.capabilities is not None or (found.pong is not None and found.pong.ipmi)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it in the form of ``--json``."""
        return {
            "address": str(self.address),
            "ipmi": _ipmi_as_dict(self.answers) if self.speaks_ipmi else None,
            "redfish": None if self.root is None else dataclasses.asdict(self.root),
        }


def _ipmi_as_dict(answers: ipmi.Answers | None) -> dict[str, Any]:
    assert answers is not None
    capabilities = answers.capabilities
    return {
        "versions": list(capabilities.versions) if capabilities else [],
        "auth_types": list(capabilities.auth_types) if capabilities else [],
        "anonymous": capabilities.anonymous if capabilities else None,
        "cipher_suites": answers.cipher_suites,
        "answers_ping": answers.pong is not None,
    }


@dataclasses.dataclass(frozen=True)
class Result:
    """All that was found.

    :param unreachable: addresses that could not be asked over UDP, with the reason.
    """

    bmcs: list[BMC]
    asked: int
    seconds: float
    unreachable: dict[Address, str]


def run(addresses: Sequence[Address], options: Options) -> Result:
    """Ask all addresses, and return what has answered, in the order of the addresses."""
    return asyncio.run(_run(addresses, options))


async def _run(addresses: Sequence[Address], options: Options) -> Result:
    begun = time.monotonic()
    by_udp = ipmi.Scan(options.port, options.rate, options.patience)
    _, roots = await asyncio.gather(by_udp.run(addresses), _ask_for_roots(addresses, options))
    bmcs = [BMC(each, by_udp.found.get(each), roots.get(each)) for each in addresses]
    return Result(
        bmcs=[bmc for bmc in bmcs if bmc.speaks_ipmi or bmc.root is not None],
        asked=len(addresses),
        seconds=time.monotonic() - begun,
        unreachable=by_udp.unreachable,
    )


async def _ask_for_roots(
    addresses: Sequence[Address], options: Options
) -> dict[Address, redfish.Root]:
    """Ask for Redfish's service roots, some addresses at a time, no faster than the rate."""
    context, found = redfish.trusting(), {}
    loop = asyncio.get_running_loop()
    queue = iter(enumerate(addresses))
    begun = loop.time()

    async def work() -> None:
        for place, address in queue:
            await asyncio.sleep(max(0.0, begun + place / options.rate - loop.time()))
            root = await redfish.ask(
                address, options.redfish_port, context, options.patience, _SLOWEST_ANSWER
            )
            if root is not None:
                found[address] = root

    await asyncio.gather(*(work() for _ in range(min(len(addresses), _connections()))))
    return found


def _connections() -> int:
    """Return how many connections to have at the same time, within the limit of open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _CONNECTIONS
    return max(8, min(_CONNECTIONS, soft - _SPARE_FILES))
