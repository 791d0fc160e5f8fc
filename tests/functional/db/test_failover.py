# SPDX-License-Identifier: Apache-2.0
"""Servers that stall or lose their place to another one: their transactions are tried again, on new connections."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from ironic_lite.common import context, exception
from ironic_lite.db import engine, errors, models, retry
from tests import options
from tests.functional.db import samples
from tests.functional.servers.freezing import freeze
from tests.waiting import at_most

pytestmark = pytest.mark.timed

Context = context.RequestContext
on_servers = pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


def session_of(connection: sa.Connection) -> int:
    function = "connection_id" if connection.dialect.name == "mysql" else "pg_backend_pid"
    number: int = connection.execute(sa.text(f"SELECT {function}()")).scalar_one()
    return number


@pytest.fixture
def set_writable(
    database: str, kind: str, request: pytest.FixtureRequest, use_database: Callable[[str], None]
) -> Iterator[Callable[[bool], None]]:
    """``set_writable(False)`` makes the server refuse writes, to a user who has no exemption."""
    server = request.getfixturevalue(f"{kind}_server")
    address = sa.make_url(database)
    # PostgreSQL's connections keep what was so when they were made, as those to a demoted server do.
    change = f"ALTER DATABASE {address.database} SET default_transaction_read_only = {{}}"
    if kind == "mariadb":
        server.execute("CREATE USER plain@'127.0.0.1'")
        server.execute(f"GRANT ALL ON {address.database}.* TO plain@'127.0.0.1'")
        use_database(address.set(username="plain").render_as_string(hide_password=False))
        change = "SET GLOBAL read_only = {}"

    def set_writable(writable: bool) -> None:
        server.execute(change.format("off" if writable else "on"))

    with contextlib.ExitStack() as stack:
        if kind == "mariadb":
            stack.callback(server.execute, "DROP USER plain@'127.0.0.1'")
        stack.callback(set_writable, True)
        stack.callback(engine.dispose)
        yield set_writable


@on_servers
def test_a_server_that_was_demoted_is_left(
    set_writable: Callable[[bool], None], admin: Context
) -> None:
    node_id = samples.make_node(admin).id
    engine.dispose()
    sessions = []

    @retry.on_transient_error
    def write() -> None:
        if retry.is_repeated():
            set_writable(True)
        with engine.writer() as connection:
            sessions.append(session_of(connection))
            statement = sa.update(models.NODES).where(models.NODES.c.id == node_id)
            connection.execute(statement.values(power_state="power on"))

    set_writable(False)
    with contextlib.ExitStack() as stack:
        # They go back into the pool, and are as read-only as the one that will fail.
        others = [stack.enter_context(engine.get().connect()) for _ in range(2)]
        idle = {session_of(other) for other in others}
    write()
    assert len(sessions) == 2
    assert sessions[0] in idle and sessions[1] not in idle


@on_servers
def test_a_server_that_stays_read_only_is_told(
    set_writable: Callable[[bool], None], admin: Context
) -> None:
    node = samples.make_node(admin)
    engine.dispose()
    set_writable(False)
    node.power_state = "power on"
    with (
        options.overridden({"database": {"max_retries": 1, "retry_interval": 0.01}}),
        pytest.raises(exception.DatabaseUnavailable, match="read-only"),
    ):
        node.save()


@on_postgresql
def test_a_statement_that_took_too_long_is_tried_again(database: str) -> None:
    """As on MariaDB, where the client gives up on it."""
    failed = []

    @retry.on_transient_error
    def read() -> None:
        with engine.reader() as connection:
            if retry.is_repeated():
                return
            connection.execute(sa.text("SET statement_timeout = 50"))
            try:
                connection.execute(sa.text("SELECT pg_sleep(30)"))
            except sa.exc.DBAPIError as error:
                failed.append(errors.transient_reason(error))
                raise

    read()
    assert failed == ["it did not answer in time"]


@contextlib.contextmanager
def frozen(request: pytest.FixtureRequest, kind: str, session: int) -> Iterator[None]:
    """The server hangs: it neither ends nor answers, but its machine still acknowledges packets."""
    server = request.getfixturevalue(f"{kind}_server")
    processes = [server.process.pid]
    if kind == "postgresql":
        processes.append(session)
    try:
        for process in processes:
            freeze(process)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@on_servers
def test_a_server_that_is_frozen_holds_nobody_for_ever(
    database: str, kind: str, request: pytest.FixtureRequest
) -> None:
    impatient = engine.create(sa.make_url(database), read_timeout=1)
    question = sa.text("SELECT 1")
    try:
        with impatient.connect() as connection:
            with frozen(request, kind, session_of(connection)):
                began = time.monotonic()
                with pytest.raises(sa.exc.DBAPIError) as lost:
                    connection.execute(question)
                assert 1 <= time.monotonic() - began < at_most(20)
            assert errors.transient_reason(lost.value) == "the connection to it failed"
        with impatient.connect() as connection:
            assert connection.execute(question).scalar() == 1
    finally:
        impatient.dispose()


@on_servers
def test_a_lock_that_is_not_had_in_time_keeps_the_connection(database: str) -> None:
    """The server answers: there is no reason to leave it."""
    mutex = sa.select(models.MUTEXES).with_for_update(nowait=True)
    with engine.writer() as holder, engine.get().connect() as connection:
        holder.execute(mutex).all()
        with pytest.raises(sa.exc.DBAPIError) as busy:
            connection.execute(mutex)
        assert "busy" in str(errors.transient_reason(busy.value))
        assert not connection.invalidated
