# SPDX-License-Identifier: Apache-2.0
"""Encrypts one value: AES-256-GCM with a random nonce, bound to the value's place."""

import base64
import binascii
import os
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ironic_lite.common import encrypted

KEY_BYTES = 32
_NONCE_BYTES = 12

Place = tuple[str | int, ...]
"""Table, column, record, and the keys and indices of the value inside the column."""


class DataKey(NamedTuple):
    """A key for values.

    :param number: its id, which every token contains.
    """

    number: int
    aead: AESGCM


class CannotDecrypt(Exception):
    """The token was changed, was moved to another place, or needs another key."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def key_number(token: str) -> int:
    """Return the number of the data key that a token needs.

    :raises CannotDecrypt: when it is no token.
    """
    found = encrypted.TOKEN.fullmatch(token)
    if found is None:
        raise CannotDecrypt
    return int(found["key"])


def encrypt(key: DataKey, plain: bytes, place: Place) -> str:
    """Return the token of a value in a place."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + key.aead.encrypt(nonce, plain, _bound_to(place))
    text = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return f"{encrypted.MARK}{key.number}.{text}"


def decrypt(key: DataKey, token: str, place: Place) -> bytes:
    """Return the value of a token.

    :raises CannotDecrypt: when the token does not fit the key and the place.
    """
    text = token.partition(".")[2]
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return key.aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(place))
    except (InvalidTag, ValueError, binascii.Error):
        raise CannotDecrypt from None


def _bound_to(place: Place) -> bytes:
    return orjson.dumps(place)
