# SPDX-License-Identifier: Apache-2.0
"""Reads the outbox while no sender runs."""

from typing import Any

from ironic_lite.db import outbox


def waiting(uuid: str) -> list[dict[str, Any]]:
    """The messages about a record, in their order."""
    rows = outbox.oldest(outbox.lane_of(uuid), 1000)
    messages = [row["message"]["message"] for row in rows]
    return [m for m in messages if m["payload"]["ironic_object.data"]["uuid"] == uuid]
