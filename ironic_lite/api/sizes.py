# SPDX-License-Identifier: Apache-2.0
"""How much one field of a record may hold: a body is bounded, but many requests could add to the same field."""

from collections.abc import Collection
from typing import Any

from ironic_lite.common import exception, json_reading
from ironic_lite.conf import CONF


def check(name: str, value: Any, before: Any = None, unmeasured: Collection[str] = ()) -> None:
    """Refuse a value that is too large to be stored, unless the change makes it smaller.

    :param before: what the field holds now.
    :param unmeasured: keys of an object that do not count while they stay as they are.
    :raises InvalidParameterValue: naming the limit.
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
    """Bytes of what the database would keep."""
    return len(json_reading.to_text(value).encode())
