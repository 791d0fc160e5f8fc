# SPDX-License-Identifier: Apache-2.0
"""Asks an address for the service root of Redfish, which a BMC shows without a login (DSP0266).

No certificate is verified and no credentials are sent: BMCs come with certificates of their own making.
"""

import asyncio
import contextlib
import dataclasses
import ssl
from typing import Any

import h11

from ironic_lite.common import json_reading
from ironic_lite.scan.targets import Address

_PATH = "/redfish/v1/"
_LONGEST_ANSWER = 256 * 1024
_LIMITS = json_reading.Limits(depth=16, values=10_000)
_CHUNK = 16 * 1024
_LONGEST_TEXT = 100
_LOGIN_WANTED = (401, 403)


@dataclasses.dataclass(frozen=True)
class Root:
    """What a service root says; None for what it does not.

    :param closed: it is shown after a login only.
    """

    version: str | None = None
    vendor: str | None = None
    product: str | None = None
    uuid: str | None = None
    closed: bool = False


def trusting() -> ssl.SSLContext:
    """Return a context that also talks to old BMCs, and verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


async def ask(
    address: Address, port: int, context: ssl.SSLContext, connecting: float, answering: float
) -> Root | None:
    """Return the service root at an address; None when there is none.

    :param connecting: seconds until the connection has to stand, ``answering``: until the answer has to be there.
    """
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(str(address), port), connecting
        )
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(answering):
            await writer.start_tls(context)
            return await _exchange(address, reader, writer)
    except (OSError, TimeoutError, EOFError, h11.ProtocolError, json_reading.Unreadable):
        return None
    finally:
        writer.transport.abort()


async def _exchange(
    address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Root | None:
    host = f"[{address}]" if address.version == 6 else str(address)
    connection = h11.Connection(h11.CLIENT)
    headers = [("Host", host), ("Accept", "application/json"), ("Connection", "close")]
    request = h11.Request(method="GET", target=_PATH, headers=headers)
    writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    await writer.drain()
    status, body = 0, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _LONGEST_ANSWER:
                return None
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return _root(status, bytes(body))


def _root(status: int, body: bytes) -> Root | None:
    if status != 200 and status not in _LOGIN_WANTED:
        return None
    try:
        document = json_reading.read_agents(body, _LIMITS)
    except json_reading.Unreadable:
        return None
    if not isinstance(document, dict):
        return None
    if status in _LOGIN_WANTED:
        # Redfish's form of an error; anything else may ask for a login, too.
        return Root(closed=True) if "error" in document else None
    version = _text(document.get("RedfishVersion"))
    if version is None:
        return None
    return Root(
        version, _vendor(document), _text(document.get("Product")), _text(document.get("UUID"))
    )


def _vendor(document: dict[str, Any]) -> str | None:
    oem = document.get("Oem")
    named = next(iter(oem), None) if isinstance(oem, dict) else None
    return _text(document.get("Vendor")) or _text(named)


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    kept = "".join(char if char.isprintable() else " " for char in value[: 4 * _LONGEST_TEXT])
    return " ".join(kept.split())[:_LONGEST_TEXT] or None
