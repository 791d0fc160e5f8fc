# SPDX-License-Identifier: Apache-2.0
"""Hands events over to the API, for the journals of nodes."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from ironic_lite.common import exception
from ironic_lite.netboot.events import Event, Events

LOG = logging.getLogger(__name__)

Sender = Callable[[str, Mapping[str, Any]], Any]
"""``(path below /v1, document)``, which is sent with POST; raises IronicLiteError."""

PATH = "boot_events"
_MOST_AT_ONCE = 500
_INTERVAL, _LONGEST_INTERVAL = 0.5, 30.0


async def hand_over(events: Events, send: Sender) -> None:
    """Send events as they come, until this task is cancelled. Without an API they wait, up to a bound."""
    wait, fails = _INTERVAL, False
    while True:
        await asyncio.sleep(wait)
        taken = events.take(_MOST_AT_ONCE)
        if not taken:
            continue
        try:
            await asyncio.to_thread(send, PATH, _document(taken))
            wait, fails = _INTERVAL, False
        except exception.IronicLiteError as exc:
            events.put_back(taken)
            wait = min(2 * wait, _LONGEST_INTERVAL)
            if not fails:
                LOG.warning("The API does not take events of servers' boots: %s", exc.message)
            fails = True
        except asyncio.CancelledError:
            events.put_back(taken)
            raise


def _document(taken: list[Event]) -> dict[str, Any]:
    return {"events": [event.as_dict() for event in taken]}
