# SPDX-License-Identifier: Apache-2.0
"""Options of this process, for the length of a test: ``CONF.clear()`` leaves overrides as they are."""

import contextlib
from collections.abc import Iterator, Mapping

from ironic_lite.conf import CONF


@contextlib.contextmanager
def overridden(options: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """``{group: {option: value}}``; all of them are registered already."""
    named = [
        (name, value, None if group == "DEFAULT" else group)
        for group, values in options.items()
        for name, value in values.items()
    ]
    for name, value, group in named:
        CONF.set_override(name, value, group=group)
    try:
        yield
    finally:
        for name, _value, group in named:
            CONF.clear_override(name, group=group)
