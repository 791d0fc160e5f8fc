# SPDX-License-Identifier: Apache-2.0
"""Connections to PostgreSQL that time out when the server accepts statements but does not answer.

The server's own time limits need a running server, and TCP's apply only when its machine does not acknowledge. A server
that is frozen or hangs on its disk would block every thread that queries it for ever.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

_LATER = 1.1
"""How many times longer than the server's limit to wait, so that the server's own timeout error arrives first."""

R = TypeVar("R")


class _Connection(psycopg.Connection[Any]):
    patience: float

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """Wait as the base class does, but for a bounded time.

        :raises OperationalError: when the time is over; the connection is then closed.
        """
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            # Errors from the server have a code; the driver's own errors (timeout, lost connection) have none.
            if error.sqlstate is None:
                self.pgconn.finish()
            raise


def connector(read_timeout: float) -> Callable[..., psycopg.Connection[Any]]:
    """Return a ``do_connect`` listener whose connections wait a little longer than ``read_timeout`` per statement."""

    class Connection(_Connection):
        patience = read_timeout * _LATER

    def connect(
        _dialect: Any, _record: Any, arguments: Any, options: Any
    ) -> psycopg.Connection[Any]:
        return Connection.connect(*arguments, **options)

    return connect
