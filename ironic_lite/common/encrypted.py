# SPDX-License-Identifier: Apache-2.0
"""The form of encrypted values for code that does not decrypt them.

An encrypted value is a string that begins with ``MARK``. It may also replace user and password in a URL. A plain value
that happens to hold ``MARK`` is encrypted too, so that no plain value holds it.
"""

import re
from typing import Any

from ironic_lite.common import exception

MARK = "$sealed:"

TOKEN = re.compile(r"\$sealed:(?P<key>[1-9]\d{0,9})\.(?P<text>[\w-]{38,})", re.ASCII)
"""An encrypted value: the id of the data key, then base64url of nonce and ciphertext."""

UNREADABLE = "****** (cannot be decrypted)"
"""Text shown instead of a value that cannot be decrypted."""


class EncryptedDict(dict[str, Any]):
    """A dictionary with encrypted values, as in the database."""

    __slots__ = ()


class EncryptedList(list[Any]):
    """A list with encrypted values, as in the database."""

    __slots__ = ()


class WholeDict(EncryptedDict):
    """A dictionary that is encrypted as one value, the token ``whole``; it is empty until it is decrypted."""

    __slots__ = ("whole",)

    def __init__(self, whole: str):
        super().__init__()
        self.whole = whole


class WholeList(EncryptedList):
    """A list that is encrypted as one value, the token ``whole``."""

    __slots__ = ("whole",)

    def __init__(self, whole: str):
        super().__init__()
        self.whole = whole


class Unreadable(str):
    """A value that cannot be decrypted. Saving it writes the original token."""

    __slots__ = ("token",)

    token: str

    @classmethod
    def of(cls, token: str) -> "Unreadable":
        """Return the value that stands for this token."""
        self = cls(UNREADABLE)
        self.token = token
        return self


class Damaged(dict[str, Any]):
    """A dictionary with a value that cannot be decrypted. Reading that value raises an error.

    It can be copied, changed and saved as any other dictionary.
    """

    where: str = ""

    def _checked(self, key: str, value: Any) -> Any:
        if isinstance(value, Unreadable):
            raise exception.SecretUnreadable(where=f"{self.where}/{key}")
        return value

    def __getitem__(self, key: str) -> Any:
        return self._checked(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        """Like ``dict.get``.

        :raises SecretUnreadable: the value cannot be decrypted.
        """
        return self._checked(key, super().get(key, default))


def is_token(value: Any) -> bool:
    """Tell whether a value from the database is encrypted."""
    return isinstance(value, str) and value.startswith(MARK)


def holds_tokens(value: Any) -> bool:
    """Tell whether a JSON value from the database holds an encrypted value."""
    if isinstance(value, (WholeDict, WholeList)):
        return True
    if isinstance(value, dict):
        return any(holds_tokens(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_tokens(item) for item in value)
    return isinstance(value, str) and MARK in value


def marked(value: Any) -> Any:
    """Give a value from an RPC its ``Encrypted...`` class again, if it holds tokens."""
    if isinstance(value, dict) and holds_tokens(value):
        return EncryptedDict(value)
    if isinstance(value, list) and holds_tokens(value):
        return EncryptedList(value)
    return value


def unmarked(value: Any) -> Any:
    """Return a client's value as plain data, even if it looks like a token."""
    if isinstance(value, EncryptedDict):
        return dict(value)
    return list(value) if isinstance(value, EncryptedList) else value


def unreadable_in(value: Any, path: str) -> str | None:
    """Return the path of the first part that cannot be decrypted; None when there is none.

    :param path: path of the value itself.
    """
    if isinstance(value, str):
        return path if value == UNREADABLE else None
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    found = (unreadable_in(item, f"{path}/{key}") for key, item in items)
    return next((where for where in found if where is not None), None)


def lenient(value: Any) -> Any:
    """Return a copy that can be read without errors, even if a value cannot be decrypted."""
    if isinstance(value, dict):
        return {key: lenient(item) for key, item in value.items()}
    return [lenient(item) for item in value] if isinstance(value, list) else value
