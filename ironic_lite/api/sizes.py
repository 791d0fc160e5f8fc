# SPDX-License-Identifier: Apache-2.0
"""The size limit of a field: many requests, each with a body within its limit, could add to the same field."""

from collections.abc import Collection
from typing import Any

from ironic_lite.common import exception, json_reading
from ironic_lite.conf import CONF


def check(name: str, value: Any, before: Any = None, unmeasured: Collection[str] = ()) -> None:
    """Refuse a value that is larger than the limit, unless the change makes the field smaller.

    :param before: the present value of the field.
    :param unmeasured: keys of an object that do not count while they are unchanged.
    :raises InvalidParameterValue: the value is too large; the message names the limit.
    """
    if not isinstance(value, (str, dict, list)):
        return
    if unmeasured and isinstance(value, dict) and isinstance(before, dict):
        kept = {key for key in unmeasured if key in value and value[key] == before.get(key)}
        value = {key: item for key, item in value.items() if key not in kept}
        before = {key: item for key, item in before.items() if key not in kept}
    limit = CONF.api.max_field_size
    size = _size(value)
    if size > limit and size >= _size(before):
        raise exception.InvalidParameterValue(
            f"{name} is too large: it would be {size} bytes of JSON, and [api] max_field_size is {limit}."
        )


def _size(value: Any) -> int:
    """Return the size of the value in the database, in bytes."""
    return len(json_reading.to_text(value).encode())
