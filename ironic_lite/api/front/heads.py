# SPDX-License-Identifier: Apache-2.0
"""Refuses ambiguous request heads that the parser accepts."""

import re

import httptools

_VERSIONS = ("1.1", "1.0")
_ABSOLUTE = re.compile(rb"(?i:https?)://(?P<host>[^/?]+)(?P<rest>[/?]?.*)", re.DOTALL)


class Malformed(Exception):
    """The request is refused. The text says why, and holds nothing that the client has sent."""


class HeadTooLarge(Exception):
    """The head has more than ``limits.MAX_HEAD`` bytes or ``limits.MAX_HEADERS`` headers."""


def check(version: str, method: bytes, headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """Refuse an ambiguous head.

    :param headers: with names in lower case.
    :returns: the value of the Host header.
    :raises Malformed:
    """
    if version not in _VERSIONS:
        raise Malformed("Only HTTP/1.1 and HTTP/1.0 are supported.")
    if method == b"CONNECT":
        raise Malformed("The service is not a proxy.")
    hosts = []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding" and (value.lower() != b"chunked" or version != "1.1"):
            raise Malformed("The only supported Transfer-Encoding is chunked.")
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise Malformed("It must have exactly one Host header.")
    return hosts[0] if hosts else None


def origin_form(method: bytes, target: bytes, host: bytes | None) -> bytes:
    """Return the path and query of a request's target, which may be a complete URL.

    :raises Malformed: the URL has another host than the Host header, or the target has an unsupported form.
    """
    if b"#" in target:
        raise Malformed("The request target must not have a fragment.")
    if target.startswith(b"/"):
        return target
    if target == b"*":
        if method != b"OPTIONS":
            raise Malformed("Only OPTIONS accepts the request target '*'.")
        return target
    found = _ABSOLUTE.match(target)
    if found is None or host is None or found["host"].lower() != host.lower():
        raise Malformed("The URL has another host than the Host header.")
    if not found["rest"] and method == b"OPTIONS":
        return b"*"
    return found["rest"] if found["rest"].startswith(b"/") else b"/" + found["rest"]


def reason(failure: BaseException) -> str:
    """Return the reason as a sentence that holds nothing the client has sent."""
    if isinstance(failure, (Malformed, httptools.HttpParserError)):
        text = str(failure)
        return text if not text or text.endswith(".") else f"{text}."
    return ""
