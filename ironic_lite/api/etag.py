# SPDX-License-Identifier: Apache-2.0
"""Entity tags (RFC 9110, section 8.8.3): which state of a record a client has seen, and wants to change.

A tag has two parts. The first is the record's revision, which every change of it renews; ``If-Match`` is about this
one alone, so that neither the microversion that a client reads with nor a lock that a periodic task held makes it
stale. The second is a checksum of the representation, for ``If-None-Match``.
"""

import re
import zlib
from collections.abc import Iterator

_TAG = re.compile(r'(W/)?"([^"]*)"')
_ANY = "*"
_UNNAMED = "0"


def make(revision: str | None, body: bytes) -> str:
    """The strong tag of a reply.

    :param revision: None for a record that was not changed since revisions exist.
    :param body: what is sent.
    """
    return f'"{revision or _UNNAMED}-{zlib.crc32(body):08x}"'


def _tags(header: str) -> Iterator[tuple[bool, str]]:
    """Whether each tag is weak, and what stands between its quotation marks."""
    for match in _TAG.finditer(header):
        yield bool(match[1]), match[2]


def revisions(header: str) -> list[str] | None:
    """The revisions that an ``If-Match`` accepts; None: any. A weak tag matches nothing here."""
    if header.strip() == _ANY:
        return None
    return [tag.partition("-")[0] for weak, tag in _tags(header) if not weak]


def matches(revision: str | None, header: str) -> bool:
    """Whether a record of this revision is one that ``If-Match`` means."""
    accepted = revisions(header)
    return accepted is None or (revision or _UNNAMED) in accepted


def is_known(tag: str, header: str) -> bool:
    """Whether ``If-None-Match`` says that the client has this representation."""
    return header.strip() == _ANY or tag.strip('"') in (known for _weak, known in _tags(header))
