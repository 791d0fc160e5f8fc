# SPDX-License-Identifier: Apache-2.0
"""What the parser lets pass in the head of a request though two readers might understand it differently."""

import re

import httptools

_VERSIONS = ("1.1", "1.0")
_ABSOLUTE = re.compile(rb"(?i:https?)://(?P<host>[^/?]+)(?P<rest>[/?]?.*)", re.DOTALL)


class Malformed(Exception):
    """The request is refused. The text says why, without anything that the client has sent."""


class HeadTooLarge(Exception):
    """More than ``limits.MAX_HEAD`` bytes, or than ``limits.MAX_HEADERS`` headers."""


def check(version: str, method: bytes, headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """Refuse what is ambiguous.

    :param headers: their names in lower case.
    :returns: the host that is named.
    :raises Malformed:
    """
    if version not in _VERSIONS:
        raise Malformed("Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    if method == b"CONNECT":
        raise Malformed("This is no proxy.")
    hosts = []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding" and (value.lower() != b"chunked" or version != "1.1"):
            raise Malformed("The only Transfer-Encoding is chunked.")
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise Malformed("It needs one Host header.")
    return hosts[0] if hosts else None


def origin_form(method: bytes, target: bytes, host: bytes | None) -> bytes:
    """Path and query of a request's target, which may be a whole URL.

    :raises Malformed: the URL is none of this host, or the target is of no use here.
    """
    if b"#" in target:
        raise Malformed("A fragment is not sent.")
    if target.startswith(b"/"):
        return target
    if target == b"*":
        if method != b"OPTIONS":
            raise Malformed("Only OPTIONS is asked of the whole server.")
        return target
    found = _ABSOLUTE.match(target)
    if found is None or host is None or found["host"].lower() != host.lower():
        raise Malformed("The URL has another host than the Host header.")
    if not found["rest"] and method == b"OPTIONS":
        return b"*"
    return found["rest"] if found["rest"].startswith(b"/") else b"/" + found["rest"]


def reason(failure: BaseException) -> str:
    """What was found wrong, as a sentence; nothing that the client has sent."""
    if isinstance(failure, (Malformed, httptools.HttpParserError)):
        text = str(failure)
        return text if not text or text.endswith(".") else f"{text}."
    return ""
