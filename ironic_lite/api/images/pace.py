# SPDX-License-Identifier: Apache-2.0
"""How fast streams go: they take turns, and share a limit."""

import asyncio


class Pace:
    """Lets streams take turns. Use it in the loop's thread only.

    There is one chunk in each round of the event loop, however many streams there are, so other requests wait for
    one chunk at most.

    :param most: bytes per second of all streams together; 0: no limit.
    """

    def __init__(self, most: int):
        self._most = most
        self._turn = asyncio.Lock()
        self._free = 0.0

    async def wait(self, size: int) -> None:
        """Wait for the turn to send a chunk of ``size`` bytes."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(max(0.0, self._free - loop.time()))
            if self._most:
                self._free = max(self._free, loop.time()) + size / self._most
