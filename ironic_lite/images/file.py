# SPDX-License-Identifier: Apache-2.0
"""Images in files of this machine: ``file:///PATH``, below one of ``[conductor] file_url_allowed_paths``."""

import os
import stat
import urllib.parse
from typing import BinaryIO

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.images.image import Client, Image, Origin

SCHEME = "file://"

_NEVER = ("/boot", "/dev", "/etc", "/proc", "/root", "/run", "/sys", "/usr")
"""Directories of the system, from which nothing is served even if an option allows it."""


def fits(reference: str) -> bool:
    """Tell whether the reference is of this kind."""
    return reference.startswith(SCHEME)


def resolve(reference: str, what: str, _client: Client) -> Image:
    """Look the file up; see ``sources.resolve``.

    :raises ImageRefValidationFailed: when there is no such file, or it is not in an allowed directory.
    """
    with _opened(_path(reference, what), reference, what) as file:
        size = os.fstat(file.fileno()).st_size
    return Image(pin=reference, size=size)


def origin(pin: str, _client: Client) -> Origin:
    """Return the file's path; raises as :func:`resolve` does."""
    path = _path(pin, "the image")
    with _opened(path, pin, "the image") as file:
        return Origin("", size=os.fstat(file.fileno()).st_size, path=path)


def opened(path: str) -> BinaryIO:
    """Open a file that a conductor has found; the caller closes it.

    :raises ImageRefValidationFailed: when there is no such file, or it is not in an allowed directory.
    """
    return _opened(path, SCHEME + path, "the image")


def _path(reference: str, what: str) -> str:
    parts = urllib.parse.urlsplit(reference)
    path = urllib.parse.unquote(parts.path)
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise _refused(reference, f"{what} must have the form file:///PATH; percent-encode ? and #")
    if not path.startswith("/") or not path.isprintable() or path != os.path.normpath(path):
        raise _refused(reference, f"{what} must be an absolute path without '..'")
    return path


def _opened(path: str, reference: str, what: str) -> BinaryIO:
    allowed = [os.path.realpath(each) for each in CONF.conductor.file_url_allowed_paths if each]
    if not allowed:
        raise _refused(
            reference, f"{what}: file:// is not allowed here ([conductor] file_url_allowed_paths)"
        )
    problem = (
        f"{what} is not a file below the allowed directories ([conductor] file_url_allowed_paths)"
    )
    try:
        # Without blocking, because it may be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise _refused(reference, problem) from None
    # Check the opened file itself, because links in its path may have changed since.
    found = os.path.realpath(f"/proc/self/fd/{descriptor}")
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if not is_file or not _is_below(found, allowed) or _is_below(found, _NEVER):
        os.close(descriptor)
        raise _refused(reference, problem)
    return os.fdopen(descriptor, "rb")


def _is_below(path: str, directories: list[str] | tuple[str, ...]) -> bool:
    return any(path.startswith(f"{each.rstrip('/')}/") for each in directories)


def _refused(reference: str, reason: str) -> exception.ImageRefValidationFailed:
    return exception.ImageRefValidationFailed(image_href=reference, reason=reason)
