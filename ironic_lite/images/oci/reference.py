# SPDX-License-Identifier: Apache-2.0
"""References to manifests, and to the files that were found in them."""

import dataclasses
import re

from ironic_lite.common import exception, outbound, redaction

SCHEME = "oci://"
_BLOB = "oci+blob://"
_LATEST = "latest"

DIGITS = {"sha256": 64, "sha512": 128}
"""Algorithms of digests, and their length in hexadecimal digits."""

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<host>[^/@\s]+)/(?P<name>{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>\S+))?",
    re.ASCII,
)
_DIGEST = re.compile(r"(?P<algorithm>sha256|sha512):(?P<value>[0-9a-f]+)", re.ASCII)
_LONGEST_NAME = 255


@dataclasses.dataclass(frozen=True)
class Reference:
    """A manifest, or a file (*blob*), in a repository.

    :param host: with its port, if that is not the usual one.
    :param name: of the repository.
    :param digest: of the manifest or the file; None: the tag names the manifest.
    """

    host: str
    name: str
    tag: str | None = None
    digest: str | None = None
    is_blob: bool = False

    @property
    def at(self) -> str:
        """The last part of the manifest's path."""
        return self.digest or self.tag or _LATEST

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{_BLOB if self.is_blob else SCHEME}{self.host}/{self.name}{tag}{digest}"


def fits(reference: str) -> bool:
    """Tell whether the text is meant to be such a reference."""
    return reference.startswith((SCHEME, _BLOB))


def parse(text: str, what: str) -> Reference:
    """Read a reference.

    :param what: name of the field it comes from, for the message.
    :raises ImageRefValidationFailed: when it has another form; the message says which it must have.
    """
    is_blob = text.startswith(_BLOB)
    found = _REFERENCE.fullmatch(text.removeprefix(_BLOB if is_blob else SCHEME))
    if found is None or len(found["name"]) > _LONGEST_NAME:
        raise _wrong(
            text, f"{what} must have the form oci://HOST/NAME:TAG or oci://HOST/NAME@DIGEST"
        )
    try:
        outbound.parse(f"https://{found['host']}/", what)
    except outbound.OutboundError as exc:
        raise _wrong(text, str(exc)) from exc
    digest = found["digest"]
    if digest is not None and not is_digest(digest):
        raise _wrong(
            text,
            f"the digest in {what} must be sha256 or sha512, and as many hexadecimal digits as that has",
        )
    return Reference(found["host"], found["name"], found["tag"], digest, is_blob)


def is_digest(text: object) -> bool:
    """Tell whether this is the digest of something."""
    found = _DIGEST.fullmatch(text) if isinstance(text, str) else None
    return found is not None and len(found["value"]) == DIGITS[found["algorithm"]]


def _wrong(text: str, reason: str) -> exception.ImageRefValidationFailed:
    return exception.ImageRefValidationFailed(image_href=redaction.mask_text(text), reason=reason)
