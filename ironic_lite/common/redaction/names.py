# SPDX-License-Identifier: Apache-2.0
"""Names of secrets."""

import functools
import re
from collections.abc import Mapping
from typing import Any

MASK = "******"

_SECRET_KEY = re.compile(
    r"passw|passphrase|passcode|passkey|pswd|pwd|(?<!by)(?<!com)pass(?![a-z_-])|secret|token|credential|fernet"
    r"|(?:private|encrypted|access|api|auth|priv|kg|ssl)[_-]?key|(?<![a-z])psk(?![a-z])|admin[_-]?pass"
    r"|authorization|bearer|cookie|snmp[_-]?community|config[_-]?drive",
    re.IGNORECASE,
)
_LONG_KEY = 100
"""Maximum characters of a name that is checked in detail and cached. No honest client sends longer ones."""
_WORDS = (
    *("pass", "pswd", "pwd", "secret", "token", "credential", "fernet", "key", "psk"),
    *("authorization", "bearer", "cookie", "community", "drive"),
)
# Names in a pair such as {"name": "AdminPassword", "value": "..."}: settings of a BIOS, operations of a rule or a
# patch.
_NAMES_OF_VALUE = ("name", "key", "path")

_CHOICES = frozenset({"enumeration", "boolean"})

# Not secret by name, but a URL that the service signed for one download.
SECRET_INSTANCE_KEYS = frozenset({"image_url"})


def is_secret_key(key: str) -> bool:
    """Tell whether the value under ``key`` must be masked."""
    if len(key) <= _LONG_KEY:
        return _known_key(key)
    lower = key.lower()
    return any(word in lower for word in _WORDS)


@functools.lru_cache(maxsize=4096)
def _known_key(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def is_secret(within: Mapping[Any, Any], key: Any, also: frozenset[str] = frozenset()) -> bool:
    """Tell whether the value of ``key`` in a JSON object must be masked, by its name or by the name next to it.

    :param also: additional names of secrets.
    """
    if not isinstance(key, str):
        return False
    if key == "value":
        names = (within.get(name) for name in _NAMES_OF_VALUE)
        return any(isinstance(name, str) and is_secret_key(name) for name in names)
    return key in also or is_secret_key(key)


def sets_secret(key: Any, items: Any) -> bool:
    """Tell whether this is an inspection rule's list of arguments that sets a secret: the path, and the secret."""
    return (
        key == "args"
        and isinstance(items, list)
        and len(items) > 1
        and isinstance(items[0], str)
        and is_secret_key(items[0])
    )


def is_secret_setting(name: str, kind: str | None) -> bool:
    """Tell whether the value of a BIOS setting must be masked.

    :param kind: its type in the server's attribute registry, such as ``Password``; None: unknown.
    """
    kind = (kind or "").lower()
    # For an enumeration the name means nothing: PasswordStatus is Locked or Unlocked.
    return "password" in kind or (kind not in _CHOICES and is_secret_key(name))
