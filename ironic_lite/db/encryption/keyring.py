# SPDX-License-Identifier: Apache-2.0
"""The data keys that this process has unwrapped.

A process loads a new key when it reads a value that is encrypted with it. While it writes, it checks every
``LEARNED_AFTER`` seconds for a newer key to write with. So keys may change while it runs.
"""

import threading
import time

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import at_once, exception
from ironic_lite.db import engine
from ironic_lite.db.encryption import cipher, data_keys, wrapping
from ironic_lite.db.encryption.cipher import CannotDecrypt, DataKey

LOG = log.getLogger(__name__)

LEARNED_AFTER = 5.0
"""Seconds after which every process that writes has checked for a new key."""


class Keyring:
    """The data keys of one database."""

    def __init__(self) -> None:
        self._keys: dict[int, DataKey] = {}
        self._uuids: dict[int, str] = {}
        self._newest: DataKey | None = None
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read and unwrap all keys; make the first one if there is none.

        :raises EncryptionKeyMissing, ConfigInvalid: when one of them cannot be unwrapped.
        """
        # Unwrapping may need a server, so this thread may have to wait.
        at_once.leave()
        began = time.monotonic()
        rows = data_keys.all_rows()
        if not rows:
            _make_first()
            rows = data_keys.all_rows()
        with self._lock:
            for row in rows:
                self._take(row)
            self._newest = self._keys[rows[-1]["id"]]
            self._looked_at = began

    def check(self) -> None:
        """Check that all keys can be unwrapped; make none.

        :raises EncryptionKeyMissing, ConfigInvalid: when one of them cannot be unwrapped.
        """
        with self._lock:
            for row in data_keys.all_rows():
                self._take(row)

    def _take(self, row: data_keys.Row) -> None:
        # Compare the UUIDs too: a restored database may use the number for another key.
        if self._uuids.get(row["id"]) != row["uuid"]:
            plain = wrapping.unwrap(row["wrapped_by"], row["wrapped"], row["uuid"])
            self._keys[row["id"]] = DataKey(row["id"], AESGCM(plain))
            self._uuids[row["id"]] = row["uuid"]

    def newest(self) -> DataKey:
        """Return the key to write with.

        :raises EncryptionKeyMissing, ConfigInvalid: when this process can use no key.
        """
        if self._newest is None:
            self.load()
        elif time.monotonic() - self._looked_at > LEARNED_AFTER:
            self._look()
        assert self._newest is not None
        return self._newest

    def _look(self) -> None:
        assert self._newest is not None
        began = time.monotonic()
        if data_keys.newest_number() == self._newest.number:
            self._looked_at = began
            return
        try:
            self.load()
        except (
            exception.EncryptionKeyMissing,
            exception.KeyServiceUnavailable,
            exception.ConfigInvalid,
        ) as error:
            # The current key still works; the rekeying reports the values that were not encrypted with the new key.
            LOG.error("A new data key cannot be used yet: %s", error.message)
            self._looked_at = began

    def key(self, number: int) -> DataKey:
        """Return the key of this number.

        :raises CannotDecrypt: when there is no such key.
        :raises EncryptionKeyMissing, ConfigInvalid: when it cannot be unwrapped.
        """
        found = self._keys.get(number)
        if found is None:
            self.load()
            found = self._keys.get(number)
        if found is None:
            raise CannotDecrypt
        return found


def _make_first() -> None:
    uuid = uuidutils.generate_uuid()
    data_keys.add_first(uuid, wrapping.new(cipher.new_key(), uuid))


_guard = threading.Lock()
_current: tuple[sa.Engine, Keyring] | None = None


def current() -> Keyring:
    """Return the keyring of this process's database; a fork gets a new one."""
    global _current
    used = engine.get()
    found = _current
    if found is not None and found[0] is used:
        return found[1]
    with _guard:
        if _current is None or _current[0] is not used:
            _current = used, Keyring()
        return _current[1]
