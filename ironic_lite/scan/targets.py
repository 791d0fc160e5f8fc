# SPDX-License-Identifier: Apache-2.0
"""The addresses to ask, from what an operator writes: networks, ranges, single addresses, files of them."""

import ipaddress
from collections.abc import Iterable, Iterator
from pathlib import Path

from ironic_lite.common import exception

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST = 65536
"""Addresses that one scan asks at most."""

_LONGEST_FILE = 4 * 1024 * 1024


def of(texts: Iterable[str], files: Iterable[str] = ()) -> list[Address]:
    """Return the addresses in order, each once.

    :param texts: such as ``192.0.2.0/24``, ``192.0.2.10-192.0.2.40``, ``192.0.2.10-40``, ``2001:db8::7``; several may
        be joined by commas.
    :param files: names of files with one of them per line; ``#`` begins a comment.
    :raises ConfigInvalid: when one is wrong, there are too many addresses, or none.
    """
    found: dict[Address, None] = {}
    for text in (*_words(texts), *_lines(files)):
        for address in _addresses(text):
            found[address] = None
            if len(found) > MOST:
                raise _wrong(f"there are more than {MOST} addresses; scan in parts")
    if not found:
        raise _wrong("there is no address to ask")
    return list(found)


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from filter(None, (part.strip() for part in text.split(",")))


def _lines(files: Iterable[str]) -> Iterator[str]:
    for name in files:
        try:
            with Path(name).open(encoding="utf-8") as file:
                content = file.read(_LONGEST_FILE)
        except (OSError, UnicodeDecodeError) as exc:
            raise _wrong(f"{name} cannot be read: {exc}") from None
        yield from _words(line.partition("#")[0] for line in content.splitlines())


def _addresses(text: str) -> Iterator[Address]:
    try:
        if "/" in text:
            yield from _of_network(ipaddress.ip_network(text, strict=False))
        elif "-" in text:
            yield from _of_range(*text.split("-", 1))
        else:
            yield ipaddress.ip_address(text)
    except ValueError:
        raise _wrong(
            f"'{text}' is no network such as 192.0.2.0/24, range such as 192.0.2.10-40, or address"
        ) from None


def _of_network(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[Address]:
    if network.num_addresses > MOST + 2:
        raise _wrong(
            f"{network} has more than {MOST} addresses; scan in parts, or list the addresses"
        )
    yield from network.hosts()


def _of_range(first: str, last: str) -> Iterator[Address]:
    start = ipaddress.ip_address(first.strip())
    if last.strip().isdecimal() and start.version == 4:
        last = f"{str(start).rpartition('.')[0]}.{last.strip()}"
    end = ipaddress.ip_address(last.strip())
    if start.version != end.version or int(end) < int(start):
        raise ValueError
    if int(end) - int(start) >= MOST:
        raise _wrong(f"{first}-{last} has more than {MOST} addresses; scan in parts")
    kind = type(start)
    for number in range(int(start), int(end) + 1):
        yield kind(number)


def _wrong(reason: str) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(error_msg=f"--scan: {reason}.")
