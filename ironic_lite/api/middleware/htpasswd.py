# SPDX-License-Identifier: Apache-2.0
"""An htpasswd file with bcrypt entries, and passwords checked against it.

bcrypt is slow by design, so a password that was found right is remembered while it is used: as a keyed hash under a key
that lives in this process only, together with the entry it was checked against and the address that it came from.
Another entry makes another hash. What is not remembered is looked at in turn, and not without end
(:mod:`~ironic_lite.api.middleware.guessing`).
"""

import collections
import hashlib
import hmac
import logging
import os
import re
import secrets
import threading
import time

import bcrypt

from ironic_lite.api.middleware import guessing
from ironic_lite.api.middleware.watched import WatchedFile
from ironic_lite.common import exception
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_ENTRY = re.compile(r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}\Z")
_MAX_PASSWORD = 72  # bytes that bcrypt looks at
_REMEMBERED = 4096
_REMEMBER_SECONDS = 300.0
_PATIENCE = 2.0
"""Seconds that a request waits for others' passwords to be looked at."""
_THREADS_PER_LOGIN = 4
"""One of so many request threads may be busy with passwords at any time."""

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
        self._guesses = guessing.Guesses()
        # Guessing takes neither the processors nor the threads from those who know.
        looks = max(1, (os.cpu_count() or 1) // 2)
        places = max(looks + 1, CONF.api.threads // _THREADS_PER_LOGIN)
        self._turns = guessing.Turns(looks, places - looks, _PATIENCE)
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

    def verify(self, user: str, password: bytes, address: str) -> bool:
        """Whether this is the user's password. Takes as long for a user that does not exist.

        :param address: where the password comes from.
        :raises TooManyRequests: it was not looked at: too many were wrong, or are being looked at.
        """
        entries = self._file.content
        entry = entries.get(user)
        here = self._digest(guessing.network(address).encode())
        who = self._digest(user.encode(), entry or b"")
        digest = self._digest(who, here, password)
        if entry is not None and self._remembers(digest):
            return True
        last = self._guesses.begin(who, here)
        looked_at = right = False
        try:
            compared = entry or _somebody(entries)
            right = self._turns.look(lambda: _is(password, compared)) and entry is not None
            looked_at = True
        finally:
            if right or not looked_at:
                self._guesses.take_back(who, here, right)
        if right:
            self._remember(digest)
        elif last:
            LOG.warning(
                "Logins of user %.64r from %.64s are refused for a while: too many wrong passwords",
                user,
                address,
            )
        return right

    def _digest(self, *parts: bytes) -> bytes:
        text = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._key, text, hashlib.sha256)

    def _remember(self, digest: bytes) -> None:
        with self._lock:
            self._right[digest] = time.monotonic() + _REMEMBER_SECONDS
            while len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)

    def _remembers(self, digest: bytes) -> bool:
        """Whoever uses it goes on to be remembered: as long as the entry is the same, so is the password."""
        now = time.monotonic()
        with self._lock:
            until = self._right.get(digest)
            if until is None or now >= until:
                return False
            if until - now < _REMEMBER_SECONDS / 2:
                self._right[digest] = now + _REMEMBER_SECONDS
                self._right.move_to_end(digest)
            return True


def _is(password: bytes, entry: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:_MAX_PASSWORD], entry)
    except ValueError:
        # It holds what no password can, such as NUL.
        return False


def _somebody(entries: dict[str, bytes]) -> bytes:
    """Some user's entry, so that the check costs what theirs would."""
    return next(iter(entries.values()), _NOBODY)
