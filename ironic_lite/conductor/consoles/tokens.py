# SPDX-License-Identifier: Apache-2.0
"""Tokens that let somebody into one console, once, and soon. A conductor that ends forgets them."""

import dataclasses
import secrets
import threading
import time

LIFE = 60.0
"""Seconds until a token that nobody used ends."""
_MOST = 10_000


@dataclasses.dataclass(frozen=True)
class Ticket:
    """What a token allows.

    :param node: UUID.
    :param user: who asked for it, as others who watch are told.
    :param writes: whether they may write.
    :param forces: whether they may take the right to write away from others.
    """

    node: str
    user: str
    writes: bool
    forces: bool
    ends: float


class Tokens:
    """The tokens of a conductor; any thread may use them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets: dict[str, Ticket] = {}

    def issue(self, node: str, user: str, writes: bool, forces: bool) -> str:
        """Return a new token; of very many that nobody uses, the oldest end."""
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            for old in [key for key, one in self._tickets.items() if one.ends < now]:
                del self._tickets[old]
            while len(self._tickets) >= _MOST:
                del self._tickets[next(iter(self._tickets))]
            self._tickets[token] = Ticket(node, user, writes, forces, now + LIFE)
        return token

    def redeem(self, token: str) -> Ticket | None:
        """Return what a token allows, and end it; None when there is no such token, or not any more."""
        with self._lock:
            found = self._tickets.pop(token, None)
        return found if found and found.ends >= time.monotonic() else None

    def forget(self, node: str) -> None:
        """End the tokens of a node."""
        with self._lock:
            for token in [key for key, one in self._tickets.items() if one.node == node]:
                del self._tickets[token]
