# SPDX-License-Identifier: Apache-2.0
"""An htpasswd file with bcrypt entries, and passwords checked against it.

bcrypt is slow by design, so a password that was right is remembered while it is in use: as a keyed hash under a key
that exists in this process only, together with its entry and the address that it came from. A changed entry gives
another hash. Other passwords are checked a few at a time, with limits
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
from ironic_lite.api.middleware.watched_file import WatchedFile
from ironic_lite.common import exception
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_ENTRY = re.compile(r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}\Z")
_MAX_PASSWORD = 72  # bytes that bcrypt uses
_REMEMBERED = 4096
_REMEMBER_SECONDS = 300.0
_PATIENCE = 2.0
"""Seconds that a request waits for the checks of other passwords."""
_THREADS_PER_LOGIN = 4
"""One in this many request threads may be busy with passwords."""

# Checked for unknown users, so that they take as long as known ones.
_NOBODY = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(rounds=5))


class PasswordFile:
    """The users of an htpasswd file, which is read again when it changes.

    :raises ConfigInvalid: the file cannot be read, or has other entries than bcrypt.
    """

    def __init__(self, path: str):
        self._path = path
        self._key = secrets.token_bytes(32)
        self._right: collections.OrderedDict[bytes, float] = collections.OrderedDict()
        self._lock = threading.Lock()
        self._guesses = guessing.Guesses()
        # Guessing must not use up the processors and threads that other requests need.
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
                    error_msg=f"line {number} of {self._path} is not a bcrypt entry; create it with 'htpasswd -B'"
                )
            entries[user] = entry.encode()
        return entries

    def verify(self, user: str, password: bytes, address: str) -> bool:
        """Tell whether this is the user's password. It takes as long for an unknown user.

        :param address: address of the client.
        :raises TooManyRequests: it was not checked, because too many were wrong or are being checked.
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
                "Logins of user %.64r from %.64s are refused for a minute because of too many wrong passwords",
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
        """Tell whether the password is remembered, and extend that: while the entry is the same, so is the password."""
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
        # The password holds characters that bcrypt refuses, such as NUL.
        return False


def _somebody(entries: dict[str, bytes]) -> bytes:
    """Return an entry of some user, so that a check takes as long as for a known user."""
    return next(iter(entries.values()), _NOBODY)
