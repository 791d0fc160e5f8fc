# SPDX-License-Identifier: Apache-2.0
"""What may be told of a URL that cannot be used."""

from typing import Any

_UNKNOWN = (
    "cannot be fetched: the service does not connect to its address, nobody answers there, or the answer is not the "
    "file. The conductor's log tells more"
)


class OutboundError(Exception):
    """A URL cannot be used; the message says which, without credentials.

    The message is the same for an address that is denied, a port that is closed or silent, and an answer that will not
    do, so that nobody looks around in networks that only the service can reach. Only what can be seen in the URL itself
    is told to everybody.

    :ivar detail: what is wrong, for those who may look around there themselves.
    """

    def __init__(self, message: str, detail: str | None = None):
        super().__init__(message)
        self.detail = detail or message

    @classmethod
    def hidden(cls, what: str, shown: str, detail: str) -> "OutboundError":
        """An error whose reason not everybody may know.

        :param what: name of the field that the URL comes from.
        :param shown: the URL without its credentials.
        """
        return cls(f"{what} '{shown}' {_UNKNOWN}", f"{what} '{shown}' {detail}")

    def told_to(self, context: Any) -> str:
        """What somebody may know of it: operators of the whole system everything.

        :param context: of the request that the answer is for. That of the service's own work is nobody's: what comes
            of it is read by others.
        """
        user = context.is_admin and context.user_id is not None
        everything = context.auth_disabled or context.system_scope == "all" or user
        return self.detail if everything else str(self)
