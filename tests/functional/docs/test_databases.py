# SPDX-License-Identifier: Apache-2.0
"""The statements that make a database, and the commands that back it up and restore it, as the pages have them."""

import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.docs import pages
from tests.functional.servers import process
from tests.functional.servers.mariadb import MariaDB
from tests.functional.servers.postgresql import BINARIES, PostgreSQL
from tests.waiting import PATIENCE


class Database:
    """A server's database called ironic, as an operator of these pages has it."""

    def __init__(self, kind: str, server: MariaDB | PostgreSQL, directory: Path) -> None:
        self.server = server
        self.directory = directory
        self.statements = pages.block("sql", "installing.md", f"-- {kind}\n")
        scheme = {"MariaDB": "mysql", "PostgreSQL": "postgresql"}[kind]
        text = pages.block("ini", "installing.md", f"connection = {scheme}")
        (directory / "ironic-lite.conf").write_text(
            text.replace("db.example.org", f"127.0.0.1:{server.port}")
        )

    def make(self) -> None:
        for statement in re.findall(r"^[A-Z].*?;", self.statements, re.MULTILINE | re.DOTALL):
            self.server.execute(statement)

    def command(self, *words: str) -> str:
        script = str(Path(sys.executable).with_name("ironic-lite"))
        return self.run([script, "--config-file", "ironic-lite.conf", *words])

    def line(self, program: str, *connection: str) -> None:
        """Run the line of the page that calls this program."""
        (line,) = [
            text
            for page, text in pages.commands()
            if page.name == "upgrading.md" and text.startswith(f"{program} ")
        ]
        words, _, file = line.partition(" < ")
        name, *arguments = shlex.split(words)
        found = process.find_program(name, [f"{BINARIES}/{name}"])
        self.run([found, *connection, *arguments], self.directory / file if file else None)

    def run(self, command: list[str], given: Path | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=self.directory,
            input=given.read_bytes() if given else None,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode()


@pytest.fixture
def mariadb(mariadb_server: MariaDB, tmp_path: Path) -> Database:
    return Database("MariaDB", mariadb_server, tmp_path)


@pytest.fixture
def postgresql(postgresql_server: PostgreSQL, tmp_path: Path) -> Database:
    return Database("PostgreSQL", postgresql_server, tmp_path)


def test_mariadb(mariadb: Database) -> None:
    where = ("--host=127.0.0.1", f"--port={mariadb.server.port}", "--user=root", "--protocol=tcp")
    again = "DROP DATABASE ironic", "CREATE DATABASE ironic"
    _test(
        mariadb, lambda program: mariadb.line(program, *where), ("mariadb-dump", "mariadb"), again
    )
    mariadb.server.execute("DROP DATABASE ironic")
    mariadb.server.execute("DROP USER ironic")


def test_postgresql(postgresql: Database) -> None:
    where = ("--host=127.0.0.1", f"--port={postgresql.server.port}", "--username=postgres")
    again = "DROP DATABASE ironic", "CREATE DATABASE ironic OWNER ironic"
    _test(
        postgresql,
        lambda program: postgresql.line(program, *where),
        ("pg_dump", "pg_restore"),
        again,
    )
    postgresql.server.execute("DROP DATABASE ironic")
    postgresql.server.execute("DROP ROLE ironic")


def _test(
    database: Database,
    run: Callable[[str], None],
    programs: tuple[str, str],
    again: tuple[str, str],
) -> None:
    database.make()
    assert "is at revision" in database.command("db", "upgrade")
    dump, restore = programs
    run(dump)
    for statement in again:
        database.server.execute(statement)
    run(restore)
    assert "up to date" in database.command("db", "version")


def test_sqlite(tmp_path: Path) -> None:
    place = "/var/lib/ironic-lite/ironic-lite.sqlite"
    lines = [
        line.replace(place, str(tmp_path / "ironic-lite.sqlite"))
        for page, line in pages.commands()
        if page.name == "upgrading.md" and place in line
    ]
    engine = sqlite3.connect(tmp_path / "ironic-lite.sqlite")
    engine.execute("CREATE TABLE servers (name TEXT)")
    engine.execute("INSERT INTO servers VALUES ('before')")
    engine.commit()
    backup, restore, clean = (shlex.split(line) for line in lines)
    # While it is in use, as a service uses it.
    subprocess.run(backup, cwd=tmp_path, check=True, timeout=PATIENCE)
    engine.execute("UPDATE servers SET name = 'after'")
    engine.commit()
    engine.close()
    for command in (restore, clean):
        subprocess.run(command, cwd=tmp_path, check=True, timeout=PATIENCE)
    restored = sqlite3.connect(tmp_path / "ironic-lite.sqlite")
    assert restored.execute("SELECT name FROM servers").fetchall() == [("before",)]
    restored.close()
