# SPDX-License-Identifier: Apache-2.0
"""Connections to PostgreSQL that give up on a server that is there and says nothing.

The server's own time limits need a server that runs, and TCP's a machine that does not acknowledge. One that is frozen,
or hangs on its disk, would hold every thread that asks it something for ever.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

_LATER = 1.1
"""How much longer than the server we wait: what it says about a statement that took too long is better to know."""

R = TypeVar("R")


class _Connection(psycopg.Connection[Any]):
    patience: float

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """As the base does, but not for ever.

        :raises OperationalError: the connection is closed then.
        """
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            # What the server has said carries a code; the driver alone says that time is up, or the connection lost.
            if error.sqlstate is None:
                self.pgconn.finish()
            raise


def connector(read_timeout: float) -> Callable[..., psycopg.Connection[Any]]:
    """A ``do_connect`` listener, whose connections wait a little longer than ``read_timeout`` for each statement."""

    class Connection(_Connection):
        patience = read_timeout * _LATER

    def connect(
        _dialect: Any, _record: Any, arguments: Any, options: Any
    ) -> psycopg.Connection[Any]:
        return Connection.connect(*arguments, **options)

    return connect
