# SPDX-License-Identifier: Apache-2.0
"""Finds, encrypts and decrypts the secrets inside the values of columns."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from ironic_lite.common import encrypted, json_reading, redaction
from ironic_lite.db.encryption import cipher
from ironic_lite.db.encryption.cipher import CannotDecrypt, DataKey, Place
from ironic_lite.db.encryption.guards import Guard

KeyOf = Callable[[int], DataKey]
"""Returns the data key of this number; raises ``CannotDecrypt`` when there is none."""

_JSON, _BASE64 = b"j", b"b"
_LONG = 100
"""The length from which it pays to check whether a text is base64, as config drives are."""


def encrypt(key: DataKey, guard: Guard, value: Any, place: Place) -> Any:
    """Return the value with its secrets encrypted; the value itself when it holds none.

    :param place: table, column, record.
    """
    if not value:
        return value
    if guard.whole:
        return _unopened(value) or _one(key, value, place)
    written = _Writer(key, guard.also).walk(value, place)
    if written is value:
        return value
    kind = encrypted.EncryptedDict if isinstance(written, dict) else encrypted.EncryptedList
    return kind(written)


def decrypt(key_of: KeyOf, value: Any, place: Place) -> Any:
    """Return the value, decrypted; :class:`encrypted.Unreadable` replaces what cannot be decrypted."""
    whole = getattr(value, "whole", None)
    if whole is None and encrypted.is_token(value):
        whole = value
    if whole is not None:
        return _whole(key_of, value, whole, place)
    return _Reader(key_of).walk(value, place)


def _whole(key_of: KeyOf, value: Any, token: str, place: Place) -> Any:
    plain = _opened(key_of, token, place)
    if not isinstance(plain, encrypted.Unreadable):
        return plain
    if isinstance(value, dict):
        return _damaged({"error": plain}, place)
    return [plain] if isinstance(value, list) else plain


def _unopened(value: Any) -> str | None:
    """Return the token of a whole value that could not be decrypted. It is written back unchanged, because a lost key
    may be found again."""
    if isinstance(value, encrypted.Damaged):
        value = encrypted.lenient(value).get("error")
    elif isinstance(value, list) and len(value) == 1:
        (value,) = value
    return value.token if isinstance(value, encrypted.Unreadable) else None


class _Writer:
    """Encrypts what is secret in a JSON value."""

    def __init__(self, key: DataKey, also: frozenset[str]):
        self._key = key
        self._also = also

    def walk(self, value: Any, place: Place) -> Any:
        """Return the value with its secrets encrypted; the value itself when it holds none."""
        if isinstance(value, dict):
            changed: dict[str, Any] | None = None
            for name, item in value.items():
                if redaction.sets_secret(name, item):
                    written: Any = self._arguments(item, (*place, name))
                else:
                    secret = redaction.is_secret(value, name, self._also)
                    written = self._item(name, item, place, secret)
                if written is not item:
                    changed = dict(value) if changed is None else changed
                    changed[name] = written
            return value if changed is None else changed
        if isinstance(value, list):
            items = [self._item(index, item, place) for index, item in enumerate(value)]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value

    def _item(self, name: str | int, item: Any, place: Place, secret: bool = False) -> Any:
        if isinstance(item, encrypted.Unreadable):
            return item.token
        if secret and item not in (None, "", [], {}):
            return _one(self._key, item, (*place, name))
        if isinstance(item, (dict, list)):
            return self.walk(item, (*place, name))
        return self._text(item, (*place, name)) if isinstance(item, str) else item

    def _arguments(self, items: list[Any], place: Place) -> list[Any]:
        return [self._item(i, item, place, secret=i > 0) for i, item in enumerate(items)]

    def _text(self, text: str, place: Place) -> str:
        if encrypted.MARK in text or redaction.is_private_key(text):
            return _one(self._key, text, place)
        # Credentials are encrypted in their place, so that masking them in a URL needs no decryption.
        return redaction.replace_in_urls(text, lambda secret: _one(self._key, secret, place))


class _Reader:
    """Decrypts the tokens in a JSON value."""

    def __init__(self, key_of: KeyOf):
        self._key_of = key_of

    def walk(self, value: Any, place: Place) -> Any:
        """Return the value with all tokens decrypted."""
        if isinstance(value, dict):
            read = {name: self._item(name, item, place) for name, item in value.items()}
            if any(isinstance(item, encrypted.Unreadable) for item in read.values()):
                return _damaged(read, place)
            return read
        if isinstance(value, list):
            return [self._item(index, item, place) for index, item in enumerate(value)]
        return value

    def _item(self, name: str | int, item: Any, place: Place) -> Any:
        if isinstance(item, str):
            return self._text(item, (*place, name)) if encrypted.MARK in item else item
        return self.walk(item, (*place, name)) if isinstance(item, (dict, list)) else item

    def _text(self, text: str, place: Place) -> Any:
        if encrypted.is_token(text):
            return _opened(self._key_of, text, place)
        try:
            return encrypted.TOKEN.sub(lambda found: self._credentials(found[0], place), text)
        except CannotDecrypt:
            return encrypted.Unreadable.of(text)

    def _credentials(self, token: str, place: Place) -> str:
        plain = _opened(self._key_of, token, place)
        if isinstance(plain, encrypted.Unreadable):
            raise CannotDecrypt
        return str(plain)


def _damaged(read: dict[str, Any], place: Place) -> encrypted.Damaged:
    damaged = encrypted.Damaged(read)
    table, column, record, *keys = map(str, place)
    damaged.where = "/".join([f"{table} {record}: {column}", *keys])
    return damaged


def _one(key: DataKey, value: Any, place: Place) -> str:
    return cipher.encrypt(key, _as_bytes(value), place)


def _opened(key_of: KeyOf, token: str, place: Place) -> Any:
    try:
        plain = cipher.decrypt(key_of(cipher.key_number(token)), token, place)
    except CannotDecrypt:
        return encrypted.Unreadable.of(token)
    return _of_bytes(plain)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str) and len(value) > _LONG and (plain := _base64(value)) is not None:
        # Otherwise the token of a config drive would be a third longer than the drive.
        return _BASE64 + plain
    return _JSON + json_reading.to_text(value).encode()


def _of_bytes(plain: bytes) -> Any:
    if plain[:1] == _BASE64:
        return base64.b64encode(plain[1:]).decode()
    return json_reading.from_text(plain[1:].decode())


def _base64(text: str) -> bytes | None:
    """Decode base64 text; None when encoding the result would not give the same text."""
    try:
        plain = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return plain if base64.b64encode(plain).decode() == text else None
