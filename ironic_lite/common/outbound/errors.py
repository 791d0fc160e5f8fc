# SPDX-License-Identifier: Apache-2.0
"""The error for a URL that cannot be used, and how much of it a client may see."""

from typing import Any

_UNKNOWN = (
    "cannot be fetched: the service does not connect to its address, there is no answer, or the answer is not the "
    "file. See the conductor's log for the cause"
)


class OutboundError(Exception):
    """A URL cannot be used; the message says which, without credentials.

    The message is the same for a denied address, a closed or silent port, and a wrong answer, so that clients cannot
    scan networks that only the service can reach. Only problems in the URL itself are shown to everybody.

    :ivar detail: the cause, for operators of the whole system.
    """

    def __init__(self, message: str, detail: str | None = None):
        super().__init__(message)
        self.detail = detail or message

    @classmethod
    def hidden(cls, what: str, shown: str, detail: str) -> "OutboundError":
        """Return an error whose cause only operators may see.

        :param what: name of the field that the URL comes from.
        :param shown: the URL without its credentials.
        """
        return cls(f"{what} '{shown}' {_UNKNOWN}", f"{what} '{shown}' {detail}")

    def told_to(self, context: Any) -> str:
        """Return the message for a client: operators of the whole system see the cause.

        :param context: context of the request. For the service's own work the cause is hidden, because other people
            read the result.
        """
        user = context.is_admin and context.user_id is not None
        everything = context.auth_disabled or context.system_scope == "all" or user
        return self.detail if everything else str(self)


class Broken(Exception):
    """A long body cannot be read, or ended early; the text says why and holds no credentials."""
