# SPDX-License-Identifier: Apache-2.0
"""An htpasswd file with bcrypt entries, and passwords checked against it.

bcrypt is slow by design, so a password that was found right is remembered for a while: as a keyed hash under a key that
lives in this process only, together with the entry it was checked against. Another entry makes another hash.
"""

import collections
import hashlib
import hmac
import re
import secrets
import threading
import time

import bcrypt

from ironic_lite.api.middleware.watched import WatchedFile
from ironic_lite.common import exception

_ENTRY = re.compile(r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}\Z")
_MAX_PASSWORD = 72  # bytes that bcrypt looks at
_REMEMBERED = 1024
_REMEMBER_SECONDS = 300.0
_AT_ONCE = 2

# Checked for users that do not exist, so that they take as long as others.
_NOBODY = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(rounds=5))


class PasswordFile:
    """The users of an htpasswd file; read again when it changes.

    :raises ConfigInvalid: it cannot be read, or holds something else than bcrypt entries.
    """

    def __init__(self, path: str):
        self._path = path
        self._key = secrets.token_bytes(32)
        self._right: collections.OrderedDict[bytes, float] = collections.OrderedDict()
        self._lock = threading.Lock()
        # Guessing must not take all the processors from those who know.
        self._hashing = threading.BoundedSemaphore(_AT_ONCE)
        self._file = WatchedFile("http_basic_auth_user_file", path, self._parse)

    def _parse(self, text: str) -> dict[str, bytes]:
        entries = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            user, colon, entry = line.strip().partition(":")
            if not colon or not _ENTRY.match(entry):
                raise exception.ConfigInvalid(
                    error_msg=f"line {number} of {self._path} is no bcrypt entry; make it with 'htpasswd -B'"
                )
            entries[user] = entry.encode()
        return entries

    def verify(self, user: str, password: bytes) -> bool:
        """Whether this is the user's password. Takes as long for a user that does not exist."""
        entries = self._file.content
        entry = entries.get(user)
        digest = hmac.digest(
            self._key, b"\0".join((user.encode(), entry or b"", password)), hashlib.sha256
        )
        if entry is not None and self._remembers(digest):
            return True
        with self._hashing:
            right = bcrypt.checkpw(password[:_MAX_PASSWORD], entry or _somebody(entries))
        if entry is None or not right:
            return False
        with self._lock:
            self._right[digest] = time.monotonic() + _REMEMBER_SECONDS
            while len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)
        return True

    def _remembers(self, digest: bytes) -> bool:
        with self._lock:
            until = self._right.get(digest)
            return until is not None and time.monotonic() < until


def _somebody(entries: dict[str, bytes]) -> bytes:
    """Some user's entry, so that the check costs what theirs would."""
    return next(iter(entries.values()), _NOBODY)
