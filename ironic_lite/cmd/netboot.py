# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite netboot``: gives servers that boot over the network their addresses, iPXE, and the way to the API.

It needs the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW. Started as root, it drops all other privileges.
"""

import argparse
import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any

from ironic_lite.cmd import arguments

MODES = ("full", "proxy", "auto")


def main(argv: list[str]) -> int:
    """Serve an interface until a signal comes; returns the exit status.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.common import exception
    from ironic_lite.conf import CONF

    given = _parse(argv)
    interface = given.interface or CONF.netboot.interface
    if not interface:
        raise exception.ConfigInvalid(
            error_msg="Name the interface that the servers are connected to: ironic-lite netboot INTERFACE, or set "
            "[netboot] interface."
        )
    if given.mode:
        CONF.set_override("mode", given.mode, "netboot")
    return asyncio.run(_serve(interface, given))


def _parse(argv: list[str]) -> argparse.Namespace:
    from ironic_lite.cmd import rest

    parser = arguments.parser("netboot", __doc__)
    parser.add_argument("interface", nargs="?", help="network interface, such as eth1")
    add_mode(parser)
    rest.add_address(parser)
    # For 'ironic-lite up': the process ends when this descriptor becomes readable.
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    # It gets a byte when the service serves, or waits for something that it has told.
    parser.add_argument("--ready", type=int, help=argparse.SUPPRESS)
    # Servers wait for a service that comes back.
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def add_mode(parser: argparse.ArgumentParser) -> None:
    """Add the option for what the service gives to servers."""
    parser.add_argument(
        "--mode",
        choices=MODES,
        help="full: addresses and boot files; proxy: boot files only, beside another DHCP server; auto: proxy if "
        "another DHCP server answers ([netboot] mode)",
    )


async def _serve(interface: str, given: argparse.Namespace) -> int:
    from ironic_lite.cmd import rest
    from ironic_lite.common import exception, logs
    from ironic_lite.conf import CONF
    from ironic_lite.netboot import handing_over, preloading, privileges, settings
    from ironic_lite.netboot.events import Events
    from ironic_lite.netboot.leases import LeaseFile
    from ironic_lite.netboot.nodes import Nodes
    from ironic_lite.netboot.service import BootService

    chosen = settings.read(interface)
    try:
        file = LeaseFile(chosen.lease_file)
    except OSError as exc:
        raise exception.ConfigInvalid(
            error_msg=f"The leases cannot be kept in {chosen.lease_file}: {exc.strerror}. Set [DEFAULT] state_path to "
            "another place."
        ) from None
    api = given.api or chosen.public_endpoint or f"{chosen.scheme}://127.0.0.1:{chosen.api_port}"
    reader, sender = rest.reader(api), rest.sender(api)
    preloading.preload()
    privileges.drop(CONF.netboot.user, file.hand_over)
    logs.keep_files_open()
    events, stop = Events(), asyncio.Event()
    service = BootService(
        chosen,
        Nodes(reader, CONF.netboot.refresh_interval),
        file,
        events,
        say=_teller(given.ready),
        asks_first=not given.again,
    )
    _stop_on_signals(stop, given.lifeline)
    handing = asyncio.create_task(handing_over.hand_over(events, sender))
    try:
        await service.run(stop)
    except* exception.ConfigInvalid as found:
        raise _first(found) from None
    finally:
        handing.cancel()
        file.close()
    return 0


def _teller(ready: int | None) -> Callable[[str], None]:
    """Return what prints the state of the service; the first time, it also tells whoever started the process."""
    waiting = [] if ready is None else [ready]

    def tell(text: str) -> None:
        print(f"Network boot: {text}", flush=True)
        while waiting:
            with contextlib.suppress(OSError):
                os.write(waiting[0], b".")
            os.close(waiting.pop())

    return tell


def _stop_on_signals(stop: asyncio.Event, lifeline: int | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        with contextlib.suppress(OSError):
            os.set_blocking(lifeline, False)
        loop.add_reader(lifeline, stop.set)


def _first(found: BaseExceptionGroup[Any]) -> BaseException:
    first: BaseException = found
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
