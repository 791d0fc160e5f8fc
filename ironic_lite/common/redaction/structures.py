# SPDX-License-Identifier: Apache-2.0
"""Secrets in JSON values."""

from typing import Any

from ironic_lite.common import encrypted
from ironic_lite.common.redaction.forms import is_private_key
from ironic_lite.common.redaction.names import (
    MASK,
    SECRET_INSTANCE_KEYS,
    is_secret,
    sets_secret,
)
from ironic_lite.common.redaction.urls import mask_url

_SHORT = 60
"""A private key is longer than this many characters."""


def mask(value: Any, also: frozenset[str] = frozenset()) -> Any:
    """Return a copy of a JSON value with the values of secret keys masked; the value itself when it
    holds none.

    :param also: additional keys to mask, at every level.
    """
    if isinstance(value, dict):
        changed: dict[Any, Any] | None = None
        for key, item in value.items():
            if is_secret(value, key, also):
                hidden: Any = MASK
            elif isinstance(item, (dict, list)):
                sets = sets_secret(key, item)
                hidden = [item[0], *(MASK for _ in item[1:])] if sets else mask(item, also)
            elif isinstance(item, str) and (
                "://" in item or (len(item) > _SHORT and "PRIVATE KEY" in item)
            ):
                hidden = _mask_string(item)
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
    return _mask_string(value) if isinstance(value, str) else value


def _mask_string(text: str) -> str:
    if text.startswith(encrypted.MARK):
        return MASK
    # Do not mask everything that mask_text would: clients must be able to write back what they see.
    if "PRIVATE KEY" in text and is_private_key(text):
        return MASK
    return mask_url(text) if "://" in text else text


def mask_instance_info(value: Any) -> Any:
    return mask(value, SECRET_INSTANCE_KEYS)
