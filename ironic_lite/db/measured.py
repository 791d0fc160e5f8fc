# SPDX-License-Identifier: Apache-2.0
"""Measures how long the database takes for statements."""

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from ironic_lite.common import metrics

_BEGUN = "ironic_lite_begun"
_KINDS = ("select", "insert", "update", "delete")


def statements_of(engine: sa.Engine) -> None:
    """Measure all statements of an engine."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)


def _begin(connection: sa.Connection, *_more: Any) -> None:
    connection.info[_BEGUN] = time.monotonic()


def _end(connection: sa.Connection, _cursor: Any, statement: str, *_more: Any) -> None:
    kind = statement[:6].lower()
    seconds = time.monotonic() - connection.info[_BEGUN]
    label = kind if kind in _KINDS else "other"
    metrics.count(lambda: metrics.STATEMENTS.labels(label).observe(seconds))
