# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL server."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.functional.servers import process, unprivileged
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

# Debian keeps the server's programs out of PATH, one directory per version.
BINARIES = "/usr/lib/postgresql/*/bin"
# Small, and quick instead of durable: nothing here outlives the tests.
TUNING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "max_connections": "200",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class PostgreSQL:
    """One server; `create_database()` gives each test a database of its own."""

    def __init__(self, directory: Path, **tuning: str) -> None:
        self.port = free_port()
        self._count = 0
        initdb = process.find_program("initdb", [f"{BINARIES}/initdb"])
        process.run(
            "initdb",
            [
                initdb,
                f"--pgdata={directory}/data",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
        )
        settings = [f"--{name}={value}" for name, value in {**TUNING, **tuning}.items()]
        self.process = process.ServerProcess(
            "postgresql",
            [
                process.find_program("postgres", [f"{BINARIES}/postgres"]),
                "-D",
                f"{directory}/data",
                f"--port={self.port}",
                *settings,
            ],
            log=directory / "postgresql.log",
            cwd=directory,
        )

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.process.start()
        self.process.wait_until(self._answers, "a connection to PostgreSQL")

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Run one statement as the server's administrator, outside a transaction."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            autocommit=True,
            connect_timeout=int(PATIENCE),
        ) as connection:
            connection.execute(statement.encode())

    def create_database(self, encoding: str = "UTF8") -> str:
        """A new, empty database; returns its SQLAlchemy URL."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """Stop the server without waiting for its clients (SIGTERM would)."""
        self.process.signal(signal.SIGINT)
        self.process.stop()


@contextmanager
def running(**tuning: str) -> Iterator[PostgreSQL]:
    """A started server, with more settings or other ones, stopped and removed at the end."""
    with unprivileged.server_directory("postgresql") as directory:
        server = PostgreSQL(directory, **tuning)
        try:
            server.start()
            yield server
        finally:
            server.stop()
