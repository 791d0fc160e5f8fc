# SPDX-License-Identifier: Apache-2.0
"""Checks URLs that others have named, without reading bodies."""

import dataclasses
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from oslo_log import log

from ironic_lite.common import redaction
from ironic_lite.common.outbound import url
from ironic_lite.common.outbound.errors import OutboundError

LOG = log.getLogger(__name__)

MAX_REDIRECTS = 5
CONNECT_TIMEOUT = 10.0
TIMEOUT = 20.0
"""Seconds for a check of a file, including all redirects."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# For servers without HEAD, request the first byte.
_NO_HEAD = frozenset({403, 405, 501})


@dataclasses.dataclass(frozen=True)
class Found:
    """A server's answer about a file.

    :param url: the URL after all redirects.
    :param size: bytes; None when the server does not say.
    """

    url: str
    size: int | None


class _Problem(Exception):
    """The answer, or the target of a redirect, cannot be used; the text says why."""


def find(address: Any, what: str) -> Found:
    """Check that a server has a file.

    :param address: the URL.
    :param what: name of the field it comes from, for the message.
    :raises OutboundError: when the URL is refused, there is no answer, or the answer is not 200.
    """
    url.parse(address, what)
    try:
        return _find(address)
    except _Problem as exc:
        raise _hidden(address, what, str(exc)) from exc


def call(
    address: Any,
    what: str,
    headers: Mapping[str, str] | None,
    proxies: Mapping[str, str] | None,
    timeout: float,
) -> int:
    """Request a URL, and return the status of the answer; redirects are not followed.

    :param address: the URL.
    :param proxies: ``{scheme: URL}``; only these are used.
    :param timeout: seconds to wait for the answer.
    :raises OutboundError: when the URL is refused or there is no answer.
    """
    url.check_url(address, what)
    for proxy in (proxies or {}).values():
        url.check_url(proxy, "the proxy")
    try:
        return _ask("GET", address, headers or {}, timeout, dict(proxies or {}))[0]
    except _Problem as exc:
        raise _hidden(address, what, str(exc)) from exc


def _hidden(address: str, what: str, detail: str) -> OutboundError:
    error = OutboundError.hidden(what, redaction.mask_text(address), detail)
    LOG.info("%s", error.detail)
    return error


def _find(address: str) -> Found:
    ends = time.monotonic() + TIMEOUT
    for _ in range(MAX_REDIRECTS + 1):
        status, headers = _ask("HEAD", address, {}, ends - time.monotonic())
        if status in _NO_HEAD:
            status, headers = _ask("GET", address, {"Range": "bytes=0-0"}, ends - time.monotonic())
        if status not in _REDIRECTS or "location" not in headers:
            break
        address = urllib.parse.urljoin(address, headers["location"])
        try:
            url.parse(address, "the redirect to")
        except OutboundError as exc:
            raise _Problem(f"cannot be fetched: {exc.detail}") from exc
    else:
        raise _Problem(f"redirects more than {MAX_REDIRECTS} times")
    if status not in (200, 206):
        raise _Problem(f"answered with status {status}")
    return Found(address, _size(headers))


def _ask(
    method: str,
    address: str,
    headers: Mapping[str, str],
    timeout: float,
    proxies: dict[str, str] | None = None,
) -> tuple[int, Mapping[str, str]]:
    """:raises _Problem: when the URL is refused or there is no answer."""
    # Imported here because requests costs start-up time and memory.
    from ironic_lite.common.outbound import connections

    timeout = max(0.01, timeout)
    refusal = url.refusal_of_literal(urllib.parse.urlsplit(address).hostname or "")
    if refusal:
        raise _Problem(f"is refused: it {refusal}")
    try:
        with connections.ask(
            method,
            address,
            seconds=timeout,
            connect_seconds=min(CONNECT_TIMEOUT, timeout),
            headers=dict(headers),
            proxies=proxies or {},
        ) as response:
            return response.status_code, response.headers
    except connections.Denied as exc:
        raise _Problem(f"is refused: it {exc}") from exc
    except (connections.Failure, ValueError, OSError) as exc:
        raise _Problem(f"does not answer: {in_words(exc)}") from exc


def in_words(failure: BaseException) -> str:
    """Return the operating system's error message from within the library's exceptions."""
    from ironic_lite.common.outbound import connections

    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, TimeoutError | connections.Timeout):
            return "no answer in time"
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return redaction.mask_text(str(failure))


def _size(headers: Mapping[str, str]) -> int | None:
    total = headers.get("content-range", "").rpartition("/")[2]
    for text in (total, headers.get("content-length", "")):
        if text.isdigit():
            return int(text)
    return None
