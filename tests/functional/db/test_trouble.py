# SPDX-License-Identifier: Apache-2.0
"""Deadlocks, busy files and lost connections: tried again, and done once."""

import contextlib
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from functools import partial
from typing import Any

import psycopg.types.string
import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.conf import CONF
from ironic_lite.db import engine, errors, models, nodes, retry
from ironic_lite.db.ports import ports
from tests import options
from tests.chaos.proxy import Proxy
from tests.functional.db import cutting_proxy
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

Context = context.RequestContext
SERVERS = ("mariadb", "postgresql")
on_servers = pytest.mark.parametrize("kind", SERVERS)
on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def set_database_option() -> Iterator[Callable[[str, Any], None]]:
    changed = []

    def override(name: str, value: Any) -> None:
        CONF.set_override(name, value, group="database")
        changed.append(name)

    yield override
    for name in changed:
        CONF.clear_override(name, group="database")


def make(**values: Any) -> dict[str, Any]:
    return nodes.create({"driver": "ipmi", "provision_state": "enroll", **values})


def kill(request: pytest.FixtureRequest, kind: str, session: int) -> None:
    """Let the server itself cut a session."""
    server = request.getfixturevalue(f"{kind}_server")
    if kind == "mariadb":
        server.execute(f"KILL {session}")
    else:
        server.execute(f"SELECT pg_terminate_backend({session}, 5000)")


def session_of(connection: sa.Connection) -> int:
    function = "connection_id" if connection.dialect.name == "mysql" else "pg_backend_pid"
    number: int = connection.execute(sa.text(f"SELECT {function}()")).scalar_one()
    return number


@on_servers
def test_a_deadlock_is_tried_again(database: str) -> None:
    pair = [make()["id"], make()["id"]]
    both_hold_one = threading.Barrier(2)
    attempts = []

    @retry.on_transient_error
    def write(first: int, second: int) -> None:
        attempts.append(first)
        with engine.writer() as connection:
            for number, node_id in enumerate((first, second)):
                statement = sa.update(nodes.NODES).where(nodes.NODES.c.id == node_id)
                connection.execute(statement.values(last_error=f"{first}"))
                if number == 0 and not retry.is_repeated():
                    both_hold_one.wait(PATIENCE)

    with futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(write, pair, reversed(pair)))
    assert len(attempts) == 3
    errors = {nodes.get(node_id)["last_error"] for node_id in pair}
    assert len(errors) == 1, "the pair was written half by each"


@on_servers
def test_a_connection_killed_in_the_middle(
    database: str, kind: str, request: pytest.FixtureRequest
) -> None:
    node_id = make()["id"]
    attempts = []

    @retry.on_transient_error
    def write() -> None:
        attempts.append(1)
        with engine.writer() as connection:
            statement = sa.update(nodes.NODES).where(nodes.NODES.c.id == node_id)
            connection.execute(statement.values(last_error=str(len(attempts))))
            if not retry.is_repeated():
                kill(request, kind, session_of(connection))
            connection.execute(statement.values(power_state="power on"))

    write()
    assert len(attempts) == 2
    read = nodes.get(node_id)
    assert (read["last_error"], read["power_state"]) == ("2", "power on")


@on_servers
def test_pooled_connections_that_died_while_idle(
    database: str, kind: str, request: pytest.FixtureRequest
) -> None:
    node = make()
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(engine.get().connect()) for _ in range(5)]
        sessions = [session_of(connection) for connection in held]
    for session in sessions:
        kill(request, kind, session)
    assert nodes.get(node["id"]) == node
    nodes.update(node["id"], {"power_state": "power on"})


@on_servers
def test_a_process_that_stopped_in_the_middle_of_a_transaction_holds_nobody_up(
    database: str, set_database_option: Callable[[str, Any], None]
) -> None:
    """As a paused conductor does: the others cannot break its locks while the server keeps its rows locked."""
    node_id = make()["id"]
    set_database_option("max_retries", 0)
    with pytest.raises(sa.exc.DBAPIError) as lost, engine.writer() as paused:
        statement = sa.update(nodes.NODES).where(nodes.NODES.c.id == node_id)
        paused.execute(statement.values(last_error="half written"))
        nodes.update(node_id, {"power_state": "power on"})
        paused.execute(statement.values(last_error="woken"))
    assert errors.transient_reason(lost.value) == "the connection to it failed"
    read = nodes.get(node_id)
    assert (read["power_state"], read["last_error"]) == ("power on", None)


class StopsHere(str):
    """A value that stops the process which writes it, until another process has changed the node."""

    meanwhile: Callable[[], Any]


class StopsHereDumper(psycopg.types.string.StrDumper):
    def dump(self, obj: Any) -> Any:
        if isinstance(obj, StopsHere):
            obj.meanwhile()
        return super().dump(obj)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_process_that_stopped_between_many_rows_holds_nobody_up(
    database: str, set_database_option: Callable[[str, Any], None]
) -> None:
    """The server ends a transaction where it waits for the next statement, and not in the middle of pipelined ones."""
    node = make()
    node_id = node["id"]
    set_database_option("max_retries", 0)
    stop = StopsHere("deploying")
    stop.meanwhile = partial(nodes.update, node_id, {"power_state": "power on"})
    values = {
        "node_id": node_id,
        "kind": "step",
        "outcome": "started",
        "created_at": node["created_at"],
    }
    entries = [{**values, "subject": subject} for subject in ("a", "b", stop, "d")]
    with pytest.raises(sa.exc.DBAPIError) as lost, engine.writer() as paused:
        driver = paused.connection.driver_connection
        assert driver is not None
        driver.adapters.register_dumper(StopsHere, StopsHereDumper)
        statement = sa.update(nodes.NODES).where(nodes.NODES.c.id == node_id)
        paused.execute(statement.values(last_error="half written"))
        paused.execute(sa.insert(models.NODE_JOURNAL), entries)
    assert errors.transient_reason(lost.value) == "the connection to it failed"
    read = nodes.get(node_id)
    assert (read["power_state"], read["last_error"]) == ("power on", None)


@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_late_answer_about_a_lock_is_asked_for_again(
    database: str, use_database: Callable[[str], None], admin: Context
) -> None:
    """It may be from before the asker was stopped, and declared dead."""
    address = sa.make_url(database)
    assert address.port is not None
    with Proxy(address.port) as road:
        use_database(address.set(port=road.port).render_as_string(hide_password=False))
        node = objects.Node.reserve(admin, "host", make()["id"])
        road.delay = 0.3
        node.check_lock()
        with options.overridden({"conductor": {"heartbeat_timeout": 2}}):
            road.delay = 1.2
            with pytest.raises(exception.NodeLockLost):
                node.check_lock()
        road.delay = 0.0
        node.check_lock()


@on_servers
def test_a_server_that_restarts(
    database: str, kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    server = request.getfixturevalue(f"{kind}_server")
    caplog.set_level(logging.DEBUG, logger=retry.LOG.name)
    node = make()
    with futures.ThreadPoolExecutor(1) as pool:
        server.process.signal(signal.SIGINT if kind == "postgresql" else signal.SIGTERM)
        server.process.stop()
        try:
            written = pool.submit(nodes.update, node["id"], {"power_state": "power on"})
            wait_for(lambda: "try 1 failed" in caplog.text, "the first try to fail")
        finally:
            server.start()
        written.result(PATIENCE)
    assert nodes.get(node["id"])["power_state"] == "power on"


@pytest.fixture
def proxy(
    database: str, kind: str, request: pytest.FixtureRequest, use_database: Callable[[str], None]
) -> Iterator[cutting_proxy.CuttingProxy]:
    """The database, reached through a proxy that can cut."""
    server = request.getfixturevalue(f"{kind}_server")
    with cutting_proxy.running(server.port) as running:
        url = sa.make_url(database).set(port=running.port)
        use_database(url.render_as_string(hide_password=False))
        yield running
        engine.dispose()


@on_servers
def test_what_was_committed_unheard_is_not_done_twice(
    proxy: cutting_proxy.CuttingProxy, admin: Context
) -> None:
    def cut_then(function: Callable[..., Any], *args: Any) -> Any:
        before = proxy.cuts
        proxy.cut_next_commit()
        result = function(*args)
        assert proxy.cuts == before + 1
        return result

    node = cut_then(lambda: make(name="n1"))
    port = cut_then(ports.create, {"node_id": node["id"], "address": "52:54:00:00:00:01"})
    assert len(nodes.rows()) == len(ports.rows()) == 1
    locked = cut_then(objects.Node.reserve, admin, "host", node["id"])
    locked.check_lock()
    locked.power_state = "power on"
    cut_then(locked.save)
    assert nodes.get(node["id"])["power_state"] == "power on"
    assert cut_then(objects.Node.claim_agent_token, admin, node["id"], "token")
    backfilled = objects.Allocation(admin, resource_class="large", traits=[])
    cut_then(backfilled.create_with, locked)
    assert backfilled.node_uuid == node["uuid"]
    cut_then(backfilled.destroy)
    cut_then(locked.release)
    assert nodes.get(node["id"])["reservation"] is None
    cut_then(objects.Conductor.register, admin, "host", ["ipmi"], "", "life/1", {})
    cut_then(ports.destroy, port["id"])
    cut_then(nodes.destroy, node["id"])
    assert nodes.rows() == []


@pytest.mark.parametrize("backend", ["mysql+pymysql", "postgresql+psycopg"])
def test_a_server_that_stays_away_is_told_without_secrets(
    backend: str,
    use_database: Callable[[str], None],
    set_database_option: Callable[[str, Any], None],
    free_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_database_option("max_retries", 2)
    set_database_option("retry_interval", 0.01)
    use_database(f"{backend}://me:hush@127.0.0.1:{free_port}/ironic")
    caplog.set_level(logging.DEBUG)
    with pytest.raises(exception.DatabaseError, match="the connection to it failed") as caught:
        nodes.get("secret-name")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    everything = caplog.text + str(caught.value)
    assert "try 2 failed" in everything
    for hidden in ("hush", "secret-name", "SELECT"):
        assert hidden not in everything


@pytest.fixture
def free_port() -> int:
    from tests.functional.servers import ports as test_ports

    return test_ports.free_port()


@on_sqlite
def test_a_pool_without_a_free_connection(
    database: str, set_database_option: Callable[[str, Any], None]
) -> None:
    node = make()
    for name, value in (("max_pool_size", 1), ("max_overflow", 0), ("pool_timeout", 1)):
        set_database_option(name, value)
    engine.dispose()
    with (
        engine.get().connect(),
        pytest.raises(exception.DatabaseError, match="no connection became free in time"),
    ):
        nodes.get(node["id"])
    assert nodes.get(node["id"]) == node


@on_sqlite
def test_a_busy_file_is_tried_again(
    database: str, set_database_option: Callable[[str, Any], None]
) -> None:
    set_database_option("sqlite_busy_timeout", 1)
    set_database_option("retry_interval", 0.01)
    engine.dispose()
    other = sqlite3.connect(sa.make_url(database).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    class Release(logging.Handler):
        """The first failed try makes the other writer finish."""

        def emit(self, record: logging.LogRecord) -> None:
            if "try 1 failed" in record.getMessage():
                other.execute("ROLLBACK")

    handler = Release()
    retry.LOG.addHandler(handler)
    level = retry.LOG.level
    retry.LOG.setLevel(logging.DEBUG)
    try:
        make(name="patient")
    finally:
        retry.LOG.removeHandler(handler)
        retry.LOG.setLevel(level)
        other.close()
    assert nodes.get("patient")


@on_sqlite
def test_eight_processes_write_one_file(database: str) -> None:
    make(name="shared")
    rivals = [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.functional.db.busy_writer",
                str(number),
                "15",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write(database)
        rival.stdin.close()
        rival.stdin = None
    answers = [rival.communicate(timeout=4 * PATIENCE) for rival in rivals]
    assert [rival.returncode for rival in rivals] == [0] * 8, answers
    won = sum(int(out) for out, _ in answers)
    assert nodes.get("shared")["driver_internal_info"].get("count", 0) == won > 0
    assert len(nodes.rows(["id"])) == 8 * 15 + 1
    assert nodes.get("shared")["reservation"] is None


@on_sqlite
def test_a_fork_opens_its_own_connections(database: str) -> None:
    node = make(name="parent")
    program = (
        "import os, sys; from ironic_lite.conf import CONF; from ironic_lite.db import nodes;"
        "CONF([], default_config_files=[]);"
        "CONF.set_override('connection', sys.stdin.read(), group='database');"
        "nodes.get('parent'); child = os.fork();"
        "nodes.create({'driver': 'child' if child == 0 else 'mother'});"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=database,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    drivers = sorted(row["driver"] for row in nodes.rows(["driver"]))
    assert drivers == ["child", node["driver"], "mother"]
