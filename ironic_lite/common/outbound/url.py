# SPDX-License-Identifier: Apache-2.0
"""Checks of URLs that need no connection."""

import re
import urllib.parse
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.common.outbound import addresses
from ironic_lite.common.outbound.errors import OutboundError

SCHEMES = frozenset({"http", "https"})

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?")
# Forms that the resolver reads as an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)\.?")
_LONGEST_NAME = 253


def parse(url: Any, what: str) -> urllib.parse.SplitResult:
    """Split an http or https URL. Its host must be a name, or an address in its usual form.

    :param what: name of the field it comes from, for the message.
    :raises OutboundError: when the URL is wrong; the message says why.
    """
    if not isinstance(url, str) or not url:
        raise OutboundError(f"{what} must be an http or https URL")
    if any(c <= " " or c == "\x7f" for c in url):
        raise OutboundError(f"{what} contains a blank or a control character")
    shown = redaction.mask_text(url)
    if "\\" in url:
        raise OutboundError(f"{what} '{shown}' contains a backslash; percent-encode it")
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError:
        # The library's message would quote the password.
        raise OutboundError(
            f"{what} '{shown}' is not a URL: its host is malformed, or its port is not a number up to 65535"
        ) from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise OutboundError(
            f"{what} '{shown}' must be an http or https URL; other schemes are refused"
        )
    problem = _problem_of_host(parts.hostname)
    if problem:
        raise OutboundError(f"{what} '{shown}' {problem}")
    return parts


def check_url(url: Any, what: str) -> str:
    """Check a URL that a server will fetch, and return it.

    :param what: name of the field it comes from, for the message.
    :raises OutboundError: when the URL is refused.
    """
    parts = parse(url, what)
    problem = refusal_of_literal(parts.hostname or "")
    if problem:
        raise OutboundError(f"{what} '{redaction.mask_text(url)}' is refused: it {problem}")
    return str(url)


def refusal_of_literal(host: str) -> str | None:
    """Return why a literal address is refused; None for names, which are checked when they are resolved."""
    try:
        return addresses.refusal(addresses.parse(host))
    except ValueError:
        return None


def _problem_of_host(host: str) -> str | None:
    if "%" in host and ":" in host:
        return "names a zone of this machine; write the address without '%'"
    try:
        addresses.parse(host)
    except ValueError:
        pass
    else:
        return None
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return "has an incomplete or unusual IPv4 address; write it as four decimal numbers"
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
        return (
            "has a host that is neither a name nor an address; write non-ASCII names as 'xn--...'"
        )
    return None
