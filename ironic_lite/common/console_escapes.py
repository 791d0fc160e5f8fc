# SPDX-License-Identifier: Apache-2.0
"""What somebody at a terminal types to the console's client, and not to the server: ``~`` at the start of a line, as
with ssh."""

from collections.abc import Iterator

LEAVE, HELP, BREAK, TAKE, FORCE, GIVE = b".", b"?", b"B", b"t", b"T", b"g"

TEXT = (
    "Type these at the start of a line:\r\n"
    "  ~.  leave\r\n  ~B  send a break\r\n  ~t  ask to type, if somebody else does\r\n"
    "  ~T  type instead of them\r\n  ~g  let others type\r\n  ~~  type ~\r\n  ~?  this help\r\n"
)

_KNOWN = (LEAVE, HELP, BREAK, TAKE, FORCE, GIVE)
_NEW_LINE = (b"\r", b"\n")


class Escapes:
    """Finds them in what is typed, however it is cut into pieces."""

    def __init__(self) -> None:
        self._at_start, self._tilde = True, False

    def feed(self, typed: bytes) -> Iterator[tuple[bytes | None, bytes]]:
        """Yield ``(None, bytes for the server)`` and ``(one of the constants, b"")``, in order."""
        sent = b""
        for key in (typed[at : at + 1] for at in range(len(typed))):
            if self._tilde:
                self._tilde = False
                if key in _KNOWN:
                    if sent:
                        yield None, sent
                    sent = b""
                    yield key, b""
                    self._at_start = True
                    continue
                if key != b"~":
                    sent += b"~"
            elif self._at_start and key == b"~":
                self._tilde = True
                continue
            sent += key
            self._at_start = key in _NEW_LINE
        if sent:
            yield None, sent
