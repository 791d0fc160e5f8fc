# SPDX-License-Identifier: Apache-2.0
"""Entity tags (RFC 9110, section 8.8.3) of records.

A tag has two parts. The first is the record's revision, which every change renews. ``If-Match`` compares only this
part, so that neither another microversion nor a lock of a periodic task makes the tag stale. The second is a checksum
of the representation, for ``If-None-Match``.
"""

import re
import zlib
from collections.abc import Iterator

_TAG = re.compile(r'(W/)?"([^"]*)"')
_ANY = "*"
_UNNAMED = "0"


def make(revision: str | None, body: bytes) -> str:
    """Return the strong tag of a reply.

    :param revision: None for a record that was last changed before revisions existed.
    :param body: body of the reply.
    """
    return f'"{revision or _UNNAMED}-{zlib.crc32(body):08x}"'


def _tags(header: str) -> Iterator[tuple[bool, str]]:
    """Yield for each tag whether it is weak, and its text between the quotation marks."""
    for match in _TAG.finditer(header):
        yield bool(match[1]), match[2]


def revisions(header: str) -> list[str] | None:
    """Return the revisions that an ``If-Match`` accepts; None for any. Weak tags match nothing."""
    if header.strip() == _ANY:
        return None
    return [tag.partition("-")[0] for weak, tag in _tags(header) if not weak]


def matches(revision: str | None, header: str) -> bool:
    """Tell whether ``If-Match`` accepts a record of this revision."""
    accepted = revisions(header)
    return accepted is None or (revision or _UNNAMED) in accepted


def is_known(tag: str, header: str) -> bool:
    """Tell whether the client has this representation already, by ``If-None-Match``."""
    return header.strip() == _ANY or tag.strip('"') in (known for _weak, known in _tags(header))
