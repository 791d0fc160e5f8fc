# SPDX-License-Identifier: Apache-2.0
"""Long bodies, read in an event loop without a thread.

As in :mod:`connections`, addresses are checked when they are connected to. Redirects are followed; credentials stay
with the host that they are for.
"""

import asyncio
import contextlib
import socket
import ssl
import urllib.parse
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from ironic_lite.common.outbound import addresses, url
from ironic_lite.common.outbound.errors import Broken, OutboundError

MAX_REDIRECTS = 5
CONNECT_TIMEOUT = 10.0
SILENCE = 60.0
"""Seconds without a byte after which a source counts as dead."""

Response = aiohttp.ClientResponse

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS = frozenset({"authorization", "x-auth-token", "x-service-token", "cookie"})
_FAILURES = (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError)


class _Denied(OSError):
    """The service does not connect to the address."""


@contextlib.asynccontextmanager
async def get(
    address: str,
    headers: Mapping[str, str],
    is_trusted: bool = False,
    authorities: str | None = None,
    verify: bool = True,
) -> AsyncIterator[Response]:
    """Context manager: request a URL, and yield the response to the last redirect; its body is not read yet.

    :param is_trusted: the operator has configured the address: it is not checked, and must not redirect elsewhere.
    :param authorities: PEM of the authorities to trust; None: the usual ones.
    :param verify: whether to verify certificates.
    :raises Broken: when the address is refused, or there is no answer.
    """
    async with _session(is_trusted, authorities, verify) as session:
        response = await _follow(session, address, dict(headers), is_trusted)
        try:
            yield response
        finally:
            response.close()


async def chunks(response: Response, most: int) -> AsyncIterator[bytes]:
    """Yield the body in pieces of up to ``most`` bytes.

    :raises Broken: when the source is silent for too long, or ends early.
    """
    try:
        while chunk := await response.content.read(most):
            yield chunk
    except _FAILURES as exc:
        raise Broken(_in_words(exc)) from None


def _session(is_trusted: bool, authorities: str | None, verify: bool) -> aiohttp.ClientSession:
    context: ssl.SSLContext | bool = True
    if not verify:
        context = False
    elif authorities is not None:
        context = ssl.create_default_context(cadata=authorities)
    connector = aiohttp.TCPConnector(
        ssl=context,
        force_close=True,
        use_dns_cache=False,
        socket_factory=None if is_trusted else _checked_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT, sock_read=SILENCE),
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _checked_socket(place: Any) -> socket.socket:
    family, kind, protocol, _name, address = place
    refusal = addresses.refusal(addresses.parse(str(address[0])))
    if refusal is not None:
        raise _Denied(refusal)
    return socket.socket(family, kind, protocol)


async def _follow(
    session: aiohttp.ClientSession, address: str, headers: dict[str, str], is_trusted: bool
) -> Response:
    for _ in range(MAX_REDIRECTS + 1):
        if not is_trusted:
            _check(address)
        try:
            response = await session.get(
                address,
                headers={"Accept-Encoding": "identity", **headers},
                allow_redirects=False,
            )
        except _FAILURES as exc:
            raise Broken(_in_words(exc)) from None
        if response.status not in _REDIRECTS or "location" not in response.headers:
            return response
        response.close()
        if is_trusted:
            raise Broken("redirects, which it must not")
        following = urllib.parse.urljoin(address, response.headers["location"])
        if _host(following) != _host(address):
            headers = {k: v for k, v in headers.items() if k.lower() not in _CREDENTIALS}
        address = following
    raise Broken(f"redirects more than {MAX_REDIRECTS} times")


def _check(address: str) -> None:
    try:
        url.check_url(address, "its address")
    except OutboundError as exc:
        raise Broken(exc.detail) from None


def _host(address: str) -> tuple[str, str | None, int | None]:
    parts = urllib.parse.urlsplit(address)
    try:
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise Broken("redirects to what is no URL") from None


def _in_words(failure: BaseException) -> str:
    if isinstance(failure, asyncio.TimeoutError):
        return "no answer in time"
    cause = getattr(failure, "os_error", None)
    if isinstance(cause, _Denied):
        return f"is refused: it {cause}"
    if isinstance(failure, aiohttp.ClientPayloadError):
        return "the source ended the connection before the end"
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror)
    # The library's own message would hold the URL.
    return type(failure).__name__
