# SPDX-License-Identifier: Apache-2.0
"""An operator's file that is read again when it has changed."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from ironic_lite.common import exception

LOG = logging.getLogger(__name__)

T = TypeVar("T")

_CHECK_FILE_SECONDS = 1.0


class WatchedFile(Generic[T]):
    """The parsed content of a file. If a changed file cannot be used, the old content stays.

    :param option: option that names the file, for messages.
    :param parse: parses the text; may raise ``ConfigInvalid``.
    :raises ConfigInvalid: the file cannot be read or parsed.
    """

    def __init__(self, option: str, path: str, parse: Callable[[str], T]):
        self._option = option
        self._path = Path(path)
        self._parse = parse
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._load()

    def _load(self) -> None:
        try:
            with self._path.open(encoding="utf-8") as stream:
                status = os.fstat(stream.fileno())
                content = self._parse(stream.read())
        except (OSError, UnicodeDecodeError) as exc:
            raise exception.ConfigInvalid(
                error_msg=f"[DEFAULT] {self._option} {self._path} cannot be read: "
                f"{getattr(exc, 'strerror', None) or 'it is not UTF-8 text'}."
            ) from None
        self._content = content
        self._stamp = (status.st_mtime_ns, status.st_size)

    @property
    def content(self) -> T:
        """Return the present content; a change takes effect within a second."""
        now = time.monotonic()
        if now - self._looked_at >= _CHECK_FILE_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked_at = now
                self._reload_if_changed()
            finally:
                self._lock.release()
        return self._content

    def _reload_if_changed(self) -> None:
        try:
            status = self._path.stat()
            if (status.st_mtime_ns, status.st_size) != self._stamp:
                self._load()
        except (OSError, exception.ConfigInvalid) as exc:
            LOG.error("The old content of %s is kept: %s", self._option, exc)
