# SPDX-License-Identifier: Apache-2.0
"""Kernel arguments, read as arguments.

They end up in a line of an iPXE script, whose language has variables, operators and comments. A person who may set a
node's kernel arguments must not thereby write scripts (CVE-2026-46447), so every argument is checked on
its own, and the line is made of what has been checked.
"""

import re
import urllib.parse
from typing import Any

from ironic_lite.common import exception

DEFAULT = "%default%"
"""Stands for the configured arguments within a node's own."""

# No quotes, no blanks, no $ (iPXE variables), no ; & | (operators), no backslash.
_ARGUMENT = re.compile(r"[A-Za-z0-9_.,:=/@+\-%\[\]~^*!?()]+")
_URL = re.compile(r"[A-Za-z0-9_.,:=/@+\-%\[\]~*!?()&]+")
_MAX_LENGTH = 4096


def parse(text: Any, what: str) -> list[str]:
    """The arguments in a text.

    :param what: where the text stands, for the message.
    :raises InvalidParameterValue: naming the first argument that is refused.
    """
    if not isinstance(text, str):
        raise exception.InvalidParameterValue(err=f"{what} must be text.")
    if len(text) > _MAX_LENGTH:
        raise exception.InvalidParameterValue(
            err=f"{what} is longer than {_MAX_LENGTH} characters."
        )
    arguments = [a for a in text.split(" ") if a]
    for argument in arguments:
        if not _ARGUMENT.fullmatch(argument):
            raise exception.InvalidParameterValue(
                err=f"{what} holds the argument {argument!r}, which has characters that a boot script could take for "
                "commands. Allowed are letters, digits and _.,:=/@+-%[]~^*!?() with single blanks between arguments."
            )
    return arguments


def expand(own: str | None, configured: str) -> str:
    """A node's arguments with the configured ones in place of ``%default%``; the configured ones if it has none."""
    if own is None:
        return configured
    return own.replace(DEFAULT, configured)


def check_url(url: Any, what: str) -> str:
    """A URL that may stand in a boot script.

    :raises MissingParameterValue: when it is not there.
    :raises InvalidParameterValue: when it is not http or https, or holds what iPXE could take for a command.
    """
    if not url:
        raise exception.MissingParameterValue(
            err=f"{what} is missing; set it to an http or https URL."
        )
    if not isinstance(url, str) or not _URL.fullmatch(url) or "&&" in url:
        raise exception.InvalidParameterValue(
            err=f"{what} has characters that cannot stand in a boot script; percent-encode them."
        )
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError as exc:
        raise exception.InvalidParameterValue(err=f"{what} is not a URL: {exc}.") from exc
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise exception.InvalidParameterValue(
            err=f"{what} must be an http or https URL: iPXE fetches it, and the conductor stores no files."
        )
    return url
