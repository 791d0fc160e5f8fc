# SPDX-License-Identifier: Apache-2.0
"""A private MariaDB server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from tests.functional.servers import process, unprivileged
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

# Small, and quick instead of durable: nothing here outlives the tests.
TUNING = (
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-use-native-aio=0",
    "--innodb-temp-data-file-path=ibtmp1:1M:autoextend",
    "--aria-pagecache-buffer-size=1M",
    "--key-buffer-size=64K",
    "--skip-name-resolve",
)


class MariaDB:
    """One server; `create_database()` gives each test a database of its own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._count = 0
        basics = ["--no-defaults", f"--datadir={directory}/data", f"--tmpdir={directory}", *TUNING]
        process.run(
            "mariadb-install-db",
            [
                process.find_program("mariadb-install-db"),
                *basics,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
        )
        self.process = process.ServerProcess(
            "mariadb",
            [
                process.find_program("mariadbd"),
                *basics,
                "--bind-address=127.0.0.1",
                f"--port={self.port}",
                f"--socket={directory}/socket",
                f"--pid-file={directory}/pid",
                "--performance-schema=0",
                "--skip-log-bin",
                "--max-connections=300",
            ],
            log=directory / "mariadb.log",
        )

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.process.start()
        self.process.wait_until(self._answers, "a connection to MariaDB")

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except pymysql.err.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Run one statement as the server's administrator."""
        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", connect_timeout=int(PATIENCE)
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def create_database(self, name: str | None = None) -> str:
        """A new, empty database, of this name if the test has a server of its own; returns its SQLAlchemy URL."""
        self._count += 1
        name = name or f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{name}?charset=utf8mb4"

    def stop(self) -> None:
        """Stop the server in good order; the data stay."""
        self.process.stop()


@contextmanager
def running() -> Iterator[MariaDB]:
    """A started server, stopped and removed at the end."""
    with unprivileged.server_directory("mariadb") as directory:
        server = MariaDB(directory)
        try:
            server.start()
            yield server
        finally:
            server.stop()
