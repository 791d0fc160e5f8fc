# SPDX-License-Identifier: Apache-2.0
"""One value, encrypted: AES-256-GCM with a random nonce, bound to the place that it stands in."""

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
"""Table, column, record, and the keys and indices that lead to the value inside the column."""


class DataKey(NamedTuple):
    """A key that values are encrypted with.

    :param number: its id; stands in every token.
    """

    number: int
    aead: AESGCM


class CannotDecrypt(Exception):
    """A token that was changed, stands in another place than it was made for, or belongs to another key."""


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def key_number(token: str) -> int:
    """Which data key a token needs.

    :raises CannotDecrypt: it is no token.
    """
    found = encrypted.TOKEN.fullmatch(token)
    if found is None:
        raise CannotDecrypt
    return int(found["key"])


def encrypt(key: DataKey, plain: bytes, place: Place) -> str:
    """The token of a value in a place."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + key.aead.encrypt(nonce, plain, _bound_to(place))
    text = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return f"{encrypted.MARK}{key.number}.{text}"


def decrypt(key: DataKey, token: str, place: Place) -> bytes:
    """What was encrypted.

    :raises CannotDecrypt:
    """
    text = token.partition(".")[2]
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return key.aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(place))
    except (InvalidTag, ValueError, binascii.Error):
        raise CannotDecrypt from None


def _bound_to(place: Place) -> bytes:
    return orjson.dumps(place)
