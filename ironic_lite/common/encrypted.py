# SPDX-License-Identifier: Apache-2.0
"""How values that are encrypted in the database look to those who do not decrypt them.

An encrypted value is a text that begins with ``MARK``, in the place of the value. It may also stand in a URL in the
place of user and password. Plain values never hold ``MARK``: one that does is encrypted for that alone.
"""

import re
from typing import Any

from ironic_lite.common import exception

MARK = "$sealed:"

TOKEN = re.compile(r"\$sealed:(?P<key>[1-9]\d{0,9})\.(?P<text>[\w-]{38,})", re.ASCII)
"""An encrypted value: the id of the data key, then base64url of nonce and ciphertext."""

UNREADABLE = "****** (cannot be decrypted)"
"""What stands in the place of a value that cannot be decrypted."""


class EncryptedDict(dict[str, Any]):
    """A dictionary as the database has it, with encrypted values in it."""

    __slots__ = ()


class EncryptedList(list[Any]):
    """A list as the database has it, with encrypted values in it."""

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
    """A value that cannot be decrypted. It is written back as the token that was read."""

    __slots__ = ("token",)

    token: str

    @classmethod
    def of(cls, token: str) -> "Unreadable":
        """What stands for this token."""
        self = cls(UNREADABLE)
        self.token = token
        return self


class Damaged(dict[str, Any]):
    """A dictionary in which a value cannot be decrypted: whoever asks for this one gets an error, not a wrong password.

    It can be copied, changed and written as any other.
    """

    where: str = ""

    def _checked(self, key: str, value: Any) -> Any:
        if isinstance(value, Unreadable):
            raise exception.SecretUnreadable(where=f"{self.where}/{key}")
        return value

    def __getitem__(self, key: str) -> Any:
        return self._checked(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        """As of any dictionary.

        :raises SecretUnreadable: it cannot be decrypted.
        """
        return self._checked(key, super().get(key, default))


def is_token(value: Any) -> bool:
    """Whether a value, as the database has it, is encrypted."""
    return isinstance(value, str) and value.startswith(MARK)


def holds_tokens(value: Any) -> bool:
    """Whether anything in a JSON value, as the database has it, is encrypted."""
    if isinstance(value, (WholeDict, WholeList)):
        return True
    if isinstance(value, dict):
        return any(holds_tokens(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_tokens(item) for item in value)
    return isinstance(value, str) and MARK in value


def marked(value: Any) -> Any:
    """A value that came over RPC, as the database has it: of the class that says so where it holds tokens."""
    if isinstance(value, dict) and holds_tokens(value):
        return EncryptedDict(value)
    if isinstance(value, list) and holds_tokens(value):
        return EncryptedList(value)
    return value


def unmarked(value: Any) -> Any:
    """What a client wrote, even where it looks like a token."""
    if isinstance(value, EncryptedDict):
        return dict(value)
    return list(value) if isinstance(value, EncryptedList) else value


def unreadable_in(value: Any, path: str) -> str | None:
    """Where in a value something stands that cannot be decrypted; None: nowhere.

    :param path: of the value itself.
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
    """A copy in which every value can be looked at, also one that cannot be decrypted."""
    if isinstance(value, dict):
        return {key: lenient(item) for key, item in value.items()}
    return [lenient(item) for item in value] if isinstance(value, list) else value
