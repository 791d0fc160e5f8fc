# SPDX-License-Identifier: Apache-2.0
"""Recognises secrets, and masks them in replies and logs.

``mask`` hides the values of secret keys in a structure, ``mask_text`` the secrets in a line of text. ``masks`` has the
way back: what a client writes that was shown masks.
"""

from ironic_lite.common.redaction.forms import is_private_key
from ironic_lite.common.redaction.names import (
    MASK,
    SECRET_INSTANCE_KEYS,
    is_secret,
    is_secret_key,
    is_secret_setting,
    sets_secret,
)
from ironic_lite.common.redaction.structures import mask, mask_instance_info
from ironic_lite.common.redaction.texts import MAX_TEXT, mask_text, storable
from ironic_lite.common.redaction.urls import mask_url, replace_in_urls

__all__ = [
    "MASK",
    "MAX_TEXT",
    "SECRET_INSTANCE_KEYS",
    "is_private_key",
    "is_secret",
    "is_secret_key",
    "is_secret_setting",
    "mask",
    "mask_instance_info",
    "mask_text",
    "mask_url",
    "replace_in_urls",
    "sets_secret",
    "storable",
]
