# SPDX-License-Identifier: Apache-2.0
"""The one way to ask about a URL that a client chose.

Such a URL must not make the service reach what only the service can reach. So: ``http`` and ``https`` only, no
credentials and no proxy of ours, no cloud metadata and no link-local or multicast address (the address that the
socket is really connected to is checked, so that a name cannot change its mind in between), each redirect
checked like the first URL, and everything bounded in time. Bodies are never read here.
"""

import dataclasses
import ipaddress
import urllib.parse
from collections.abc import Mapping
from typing import Any

import requests
from requests import adapters
from urllib3 import connection, connectionpool, poolmanager

from ironic_lite.common import redaction

SCHEMES = frozenset({"http", "https"})
MAX_REDIRECTS = 5
CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 20.0

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Servers that do not answer HEAD are asked for the first byte.
_NO_HEAD = frozenset({403, 405, 501})
# Where clouds keep their metadata services, besides the link-local networks.
_METADATA = frozenset({"fd00:ec2::254", "100.100.100.200", "192.0.0.192"})


class FetchError(Exception):
    """A URL is refused or does not answer; the message says which and why, without credentials."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What a server tells about a file.

    :param url: where it was found in the end.
    :param size: bytes; None where the server does not tell.
    """

    url: str
    size: int | None


def check_url(url: Any, what: str) -> str:
    """The URL, if it is one that may be fetched.

    :param what: name of the field it comes from, for the message.
    :raises FetchError: when it is not.
    """
    if not isinstance(url, str) or not url:
        raise FetchError(f"{what} must be an http or https URL")
    if any(c <= " " or c == "\x7f" for c in url):
        raise FetchError(f"{what} contains a blank or a control character")
    shown = redaction.mask_text(url)
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError as exc:
        raise FetchError(f"{what} '{shown}' is not a URL: {exc}") from exc
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise FetchError(
            f"{what} '{shown}' must be an http or https URL; other schemes are refused"
        )
    try:
        _check_address(parts.hostname)
    except ValueError:
        pass  # a name: what it resolves to is checked when it is connected to
    except _ForbiddenAddress as exc:
        raise FetchError(f"{what} '{shown}' is refused: {exc}") from exc
    return url


def get(
    url: str,
    what: str,
    headers: Mapping[str, str] | None,
    proxies: Mapping[str, str] | None,
    timeout: float,
) -> int:
    """Ask for a URL, for the sake of asking; returns the status of the answer, redirects included.

    :param proxies: ``{scheme: URL}``; only these are used.
    :param timeout: seconds for the connection, and for each part of the answer.
    :raises FetchError: when the URL is refused or nobody answers.
    """
    check_url(url, what)
    for proxy in (proxies or {}).values():
        check_url(proxy, "the proxy")
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", _GuardedAdapter())
        session.mount("https://", _GuardedAdapter())
        try:
            with session.get(
                url,
                headers=dict(headers or {}),
                proxies=dict(proxies or {}),
                allow_redirects=False,
                stream=True,
                timeout=timeout,
            ) as response:
                return response.status_code
        except _ForbiddenAddress as exc:
            raise FetchError(f"{what} '{redaction.mask_text(url)}' is refused: {exc}") from exc
        except (requests.RequestException, ValueError, OSError) as exc:
            raise FetchError(
                f"{what} '{redaction.mask_text(url)}' does not answer: {_in_words(exc)}"
            ) from exc


def head(url: str, what: str = "the URL") -> Found:
    """Ask a server whether it has a file.

    :raises FetchError: when the URL is refused, nobody answers, or the answer is not 200.
    """
    with requests.Session() as session:
        session.trust_env = False
        adapter = _GuardedAdapter(max_retries=1)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, what)
            status, headers = _ask(session, url, what)
            if status not in _REDIRECTS or "location" not in headers:
                break
            url = urllib.parse.urljoin(url, headers["location"])
        else:
            raise FetchError(f"{what} redirects more than {MAX_REDIRECTS} times")
    if status not in (200, 206):
        raise FetchError(f"{what} '{redaction.mask_text(url)}' answered with status {status}")
    return Found(url, _size(headers))


def _ask(session: requests.Session, url: str, what: str) -> tuple[int, Mapping[str, str]]:
    try:
        status, headers = _request(session, "HEAD", url, {})
        if status in _NO_HEAD:
            status, headers = _request(session, "GET", url, {"Range": "bytes=0-0"})
    except _ForbiddenAddress as exc:
        raise FetchError(f"{what} '{redaction.mask_text(url)}' is refused: {exc}") from exc
    except (requests.RequestException, ValueError, OSError) as exc:
        raise FetchError(
            f"{what} '{redaction.mask_text(url)}' does not answer: {_in_words(exc)}"
        ) from exc
    return status, headers


def _in_words(failure: BaseException) -> str:
    """What the system said, from below the layers that wrapped it."""
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, TimeoutError | requests.Timeout):
            return f"nothing came within {READ_TIMEOUT} s"
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return redaction.mask_text(str(failure))


def _request(
    session: requests.Session, method: str, url: str, headers: dict[str, str]
) -> tuple[int, Mapping[str, str]]:
    with session.request(
        method,
        url,
        headers=headers,
        allow_redirects=False,
        stream=True,
        timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
    ) as response:
        return response.status_code, response.headers


def _size(headers: Mapping[str, str]) -> int | None:
    total = headers.get("content-range", "").rpartition("/")[2]
    for text in (total, headers.get("content-length", "")):
        if text.isdigit():
            return int(text)
    return None


class _ForbiddenAddress(Exception):
    """Not an error of requests or urllib3, so that neither tries again."""


def check_address(address: str) -> None:
    """Refuse addresses that no server a client may name has.

    :raises FetchError: when the address is link-local, multicast, unspecified or a cloud's metadata service.
    """
    try:
        _check_address(address)
    except _ForbiddenAddress as exc:
        raise FetchError(str(exc)) from exc


def _check_address(address: str) -> None:
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or str(ip) in _METADATA:
        raise _ForbiddenAddress(f"the address {ip} is one that the service never connects to")


class _GuardedHTTP(connection.HTTPConnection):
    def _new_conn(self) -> Any:
        return _guarded(super()._new_conn())


class _GuardedHTTPS(connection.HTTPSConnection):
    def _new_conn(self) -> Any:
        return _guarded(super()._new_conn())


def _guarded(sock: Any) -> Any:
    try:
        _check_address(sock.getpeername()[0])
    except BaseException:
        sock.close()
        raise
    return sock


class _HTTPPool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _GuardedAdapter(adapters.HTTPAdapter):
    """Checks the address of every connection before anything is sent over it."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: poolmanager.PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
