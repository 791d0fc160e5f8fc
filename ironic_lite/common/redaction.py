# SPDX-License-Identifier: Apache-2.0
"""What is a secret, and how it is hidden from replies and logs: the one place that knows.

``mask`` hides the values of secret keys in a structure, ``mask_text`` the secrets in a line of text. ``masks`` has the
way back: what a client writes that was shown masks.
"""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from ironic_lite.common import encrypted

MASK = "******"

_SECRET_KEY = re.compile(
    r"passw|passphrase|passcode|passkey|pswd|pwd|(?<!by)(?<!com)pass(?![a-z_-])|secret|token|credential|fernet"
    r"|(?:private|encrypted|access|api|auth|priv|kg|ssl)[_-]?key|(?<![a-z])psk(?![a-z])|admin[_-]?pass"
    r"|authorization|bearer|cookie|snmp[_-]?community|config[_-]?drive",
    re.IGNORECASE,
)
_LONG_KEY = 100
# Of a pair such as {"name": "AdminPassword", "value": "..."}: settings of a BIOS, operations of a rule or a patch.
_NAMES_OF_VALUE = ("name", "key", "path")

_CHOICES = frozenset({"enumeration", "boolean"})

# Not secret by name, yet a URL the service signed for one download.
SECRET_INSTANCE_KEYS = frozenset({"image_url"})

# What texts hold comes from servers and clients, in any length: no pattern here tries a character often.
_IN_URL = re.compile(
    r"""(?<=://)(?:
        (?:[^/?\#\s"@]*+@)++                    # whatever stands before an @: user and password, or a token
        | [^/\s":@\[]*+:(?!\d*+(?:[/\s]|\Z))    # a password with a / in it, which no port has
          [^\s"@]{0,256}+@(?:[^/?\#\s"@]*+@)*+
    )
    | (?<=[?&;\#])(?P<name>[\w.~%-]++)=(?P<value>[^&\#\s"']++)""",
    re.VERBOSE,
)
_SIGNATURE = re.compile(r"signature|(?<![a-z])sig(?![a-z])", re.IGNORECASE)
_NAME = re.compile(r"""(?<![\w-])(?P<name>[\w-]++)\\*+['"]?\s*+[=:]\s*+""")
_VALUE = re.compile(
    r"""(?:[bru]{1,2}(?=\\*['"]))?(?:
        (?P<quote>['"])(?:\\[\s\S]?|(?!(?P=quote))[^\\])++
        | (?P<escaped>\\++['"])(?:(?!(?P=escaped))[\s\S])++     # JSON in a text of JSON
    )
    | (?:(?:bearer|basic|digest|negotiate|token)\s++)?[^'",\s}&]++""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENING, _CLOSING = "([{", ")]}"

MAX_TEXT = 8000
"""Characters of the longest text that is kept of what went wrong."""


def is_secret_key(key: str) -> bool:
    """Whether the value under ``key`` must not be shown."""
    # Names as long as a client likes are not to be remembered.
    return _known_key(key) if len(key) <= _LONG_KEY else _SECRET_KEY.search(key) is not None


@functools.lru_cache(maxsize=4096)
def _known_key(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def is_secret(within: Mapping[Any, Any], key: Any, also: frozenset[str] = frozenset()) -> bool:
    """Whether what stands under ``key`` in a JSON object must not be shown: for its name, or for the name beside it.

    :param also: further names of secrets.
    """
    if not isinstance(key, str):
        return False
    if key == "value":
        names = (within.get(name) for name in _NAMES_OF_VALUE)
        return any(isinstance(name, str) and is_secret_key(name) for name in names)
    return key in also or is_secret_key(key)


def is_secret_setting(name: str, kind: str | None) -> bool:
    """Whether the value of a BIOS setting must not be shown.

    :param kind: the type that the server's attribute registry gives it, such as ``Password``; None: not known.
    """
    kind = (kind or "").lower()
    # Of a choice that everybody may look up the name says nothing: PasswordStatus is Locked or Unlocked.
    return "password" in kind or (kind not in _CHOICES and is_secret_key(name))


def mask(value: Any, also: frozenset[str] = frozenset()) -> Any:
    """A copy of a JSON value in which what stands under a secret key is replaced; the value itself when it
    holds none.

    :param also: further keys to hide, at every level.
    """
    if isinstance(value, dict):
        changed: dict[Any, Any] | None = None
        for key, item in value.items():
            if is_secret(value, key, also):
                hidden: Any = MASK
            elif isinstance(item, (dict, list)):
                hidden = mask(item, also)
            elif isinstance(item, str) and "://" in item:
                hidden = mask_url(item)
            elif isinstance(item, str) and item.startswith(encrypted.MARK):
                hidden = MASK
            else:
                continue
            if hidden is not item:
                if changed is None:
                    changed = dict(value)
                changed[key] = hidden
        return value if changed is None else changed
    if isinstance(value, list):
        items = [mask(item, also) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if not isinstance(value, str):
        return value
    if value.startswith(encrypted.MARK):
        return MASK
    return mask_url(value) if "://" in value else value


def mask_url(text: str) -> str:
    """The text without the secrets of URLs in it; the text itself when there are none."""
    return replace_in_urls(text, lambda _secret: MASK)


def replace_in_urls(text: str, replacement: Callable[[str], str]) -> str:
    """The text with something else in the place of the secrets of URLs: what stands before an ``@``, and the arguments
    that are secret by their names or sign the URL.
    """

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return f"{replacement(found[0][:-1])}@"
        if is_secret_key(name) or _SIGNATURE.search(name):
            return f"{name}={replacement(found['value'])}"
        return found[0]

    if "://" not in text or not ("@" in text or "=" in text):
        return text
    return _IN_URL.sub(replaced, text)


def mask_instance_info(value: Any) -> Any:
    """``mask`` for a node's ``instance_info``."""
    return mask(value, SECRET_INSTANCE_KEYS)


def mask_text(text: str) -> str:
    """A line for a log or for ``last_error`` without credentials in URLs and without ``password=...``.

    Every database can keep it: see :func:`storable`.
    """
    return storable(_mask_assignments(mask_url(storable(text))))


def _mask_assignments(text: str) -> str:
    kept, done, place = [], 0, 0
    while (named := _NAME.search(text, place)) is not None:
        # What another name stands for may be an assignment itself: "login failed: password=...".
        place = named.end()
        if not is_secret_key(named["name"]):
            continue
        opening = ""
        if text[place : place + 1] in (*_OPENING,):
            end = _end_of_structure(text, place)
        elif (value := _VALUE.match(text, place)) is not None:
            opening, end = value["quote"] or value["escaped"] or "", value.end()
        else:
            continue
        kept += [text[done:place], opening, MASK]
        done = place = end
    return "".join(kept) + text[done:]


def _end_of_structure(text: str, start: int) -> int:
    """Where a list or object in a text ends; the end of the text where it was cut off."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in _OPENING:
            depth += 1
        elif text[place] in _CLOSING:
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)


def storable(text: str) -> str:
    """The text as every database keeps it: not too long, without NUL and without bytes that were no UTF-8."""
    kept = text[:MAX_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return kept.encode(errors="replace").decode()
