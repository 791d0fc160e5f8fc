# SPDX-License-Identifier: Apache-2.0
"""What is a secret, and how it is hidden from replies and logs: the one place that knows.

``mask`` hides the values of secret keys in a structure, ``mask_text`` the secrets in a line of text, and
``unmask`` undoes the harm of a client that sends back what it was shown.
"""

import functools
import re
from typing import Any

from ironic_lite.common import encrypted

MASK = "******"

_SECRET_KEY = re.compile(
    r"passw|passphrase|pswd|secret|token|credential|adminpass|admin_pass|private_key|fernet|sslkey"
    r"|encrypted_key|kg_key|auth_key|priv_key|snmp_community|configdrive|config_drive",
    re.IGNORECASE,
)

# Not secret by name, yet a URL the service signed for one download.
SECRET_INSTANCE_KEYS = frozenset({"image_url"})

# What texts hold comes from servers and clients, in any length: no pattern here tries a character twice.
_URL_CREDENTIALS = re.compile(r"://[^/\s:@]*+:[^/\s@]*+@")
_NAME = re.compile(r"""(?<![\w-])(?P<name>[\w-]++)['"]?\s*+[=:]\s*+""")
_VALUE = re.compile(r"""(?P<quote>['"])(?:(?!(?P=quote))[\s\S])++|[^'",\s}&]++""")

MAX_TEXT = 8000
"""Characters of the longest text that is kept of what went wrong."""


@functools.lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """Whether the value under ``key`` must not be shown."""
    return _SECRET_KEY.search(key) is not None


def mask(value: Any, also: frozenset[str] = frozenset()) -> Any:
    """A copy of a JSON value in which what stands under a secret key is replaced; the value itself when it
    holds none.

    :param also: further keys to hide, at every level.
    """
    if isinstance(value, dict):
        changed: dict[Any, Any] | None = None
        for key, item in value.items():
            if isinstance(key, str) and (key in also or is_secret_key(key)):
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
    """The text without the credentials of URLs in it; the text itself when there are none."""
    return _URL_CREDENTIALS.sub(f"://{MASK}@", text) if "@" in text else text


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
        value = _VALUE.match(text, place) if is_secret_key(named["name"]) else None
        if value is not None:
            kept += [text[done:place], value["quote"] or "", MASK]
            done = place = value.end()
    return "".join(kept) + text[done:]


def storable(text: str) -> str:
    """The text as every database keeps it: not too long, without NUL and without bytes that were no UTF-8."""
    kept = text[:MAX_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return kept.encode(errors="replace").decode()


def unmask(new: Any, old: Any) -> Any:
    """``new`` with every mask that stands where ``old`` has a value replaced by that value.

    A client that reads a record, changes one key and writes the whole back would otherwise overwrite each
    password with the asterisks it was shown.
    """
    if old is not None and isinstance(new, str) and MASK in new and new in (MASK, mask(old)):
        return old
    if isinstance(new, dict) and isinstance(old, dict):
        return {key: unmask(item, old.get(key)) for key, item in new.items()}
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [unmask(a, b) for a, b in zip(new, old, strict=True)]
    return new
