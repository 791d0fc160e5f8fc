# SPDX-License-Identifier: Apache-2.0
"""Replies as bytes, and the replies of the server itself."""

import time
from email.utils import formatdate
from http import client as http
from typing import NamedTuple

from ironic_lite.api import faults

BUSY_RETRY_AFTER = 5


class Reply(NamedTuple):
    """The reply of a WSGI application.

    :param status: such as ``200 OK``.
    :param hold: seconds to delay the reply; that blocks no thread.
    """

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    hold: float = 0


def error(status: int, message: str, retry_after: int | None = None) -> Reply:
    """Return an error in the form that Ironic's clients parse."""
    body = faults.api_error(status, message)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if retry_after is not None:
        headers.append(("Retry-After", str(retry_after)))
    return Reply(f"{status} {http.responses[status]}", headers, body)


def busy(user_agent: str | None) -> Reply:
    """Return a 503. It has ``Retry-After`` if the client handles that header."""
    retry_after = BUSY_RETRY_AFTER if faults.reads_retry_after(user_agent) else None
    return error(503, "The service is busy; nothing was done. Try again in a moment.", retry_after)


_date: tuple[int, str] = (0, "")


def _common() -> str:
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, f"Server: ironic-lite\r\nDate: {formatdate(now, usegmt=True)}\r\n")
    return _date[1]


def head(reply: Reply, keep_alive: bool) -> bytes:
    """Return the head of a reply as bytes.

    :raises ValueError: a header holds a line break.
    """
    lines = "\r\n".join([f"{name}: {value}" for name, value in reply.headers])
    if lines.count("\n") != max(0, len(reply.headers) - 1):
        raise ValueError("a header of the reply holds a line break")
    connection = "" if keep_alive else "Connection: close\r\n"
    text = f"HTTP/1.1 {reply.status}\r\n{_common()}{connection}{lines}\r\n\r\n"
    return text.encode("latin-1")
