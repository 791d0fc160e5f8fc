# SPDX-License-Identifier: Apache-2.0
"""Tables: made from nothing, the same as the models, by any number of processes at once."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic import script as alembic_script
from alembic.runtime import migration as alembic_migration

from ironic_lite.cmd import database
from ironic_lite.cmd import db as db_command
from ironic_lite.common import exception
from ironic_lite.db import engine, migration, migrations, models, nodes
from tests.waiting import PATIENCE


def test_migrated_tables_are_those_of_the_models(empty_database: str) -> None:
    migration.upgrade()
    with engine.get().connect() as connection:
        context = alembic_migration.MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": models.METADATA}
        )
        differences = autogenerate.compare_metadata(context, models.METADATA)
        if connection.dialect.name == "sqlite":
            # SQLAlchemy does not see what the keys do that came with their columns; SQLite itself does.
            differences = [one for one in differences if one[0] not in ("add_fk", "remove_fk")]
            assert _keys_in_sqlite(connection) == _keys_in_models()
        assert differences == []


def _keys_in_sqlite(connection: sa.Connection) -> set[tuple[str, ...]]:
    return {
        (name, row["from"], row["table"], row["to"], row["on_delete"])
        for name in models.METADATA.tables
        for row in connection.exec_driver_sql(f"PRAGMA foreign_key_list({name})").mappings()
    }


def _keys_in_models() -> set[tuple[str, ...]]:
    return {
        (name, key.parent.name, key.column.table.name, key.column.name, key.ondelete or "NO ACTION")
        for name, table in models.METADATA.tables.items()
        for key in table.foreign_keys
    }


def test_numbers_of_the_migrations_are_their_order() -> None:
    directory = alembic_script.ScriptDirectory(str(Path(migrations.__file__).parent))
    numbers = [step.revision for step in directory.walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == migration.head()


def test_upgrade_of_an_up_to_date_database_keeps_its_records(empty_database: str) -> None:
    assert migration.current() is None
    assert migration.upgrade() == migration.head() == migration.current()
    node = nodes.create({"driver": "ipmi"})
    migration.upgrade()
    assert nodes.get(node["uuid"]) == node


@pytest.mark.parametrize("revision", ["0001", "0007"])
def test_tables_from_before_the_first_release_are_left_alone(
    empty_database: str, revision: str
) -> None:
    with engine.writer() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text(f"INSERT INTO alembic_version VALUES ('{revision}')"))
    for refused in (migration.upgrade, database.require, lambda: db_command.main(["version"])):
        with pytest.raises(
            exception.VersionIncompatible, match=f"{revision}, from before the first"
        ):
            refused()
    assert migration.current() == revision
    with engine.reader() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


def test_processes_that_upgrade_together(empty_database: str) -> None:
    program = (
        "import sys; from ironic_lite.conf import CONF; from ironic_lite.db import migration;"
        "CONF([], default_config_files=[]);"
        "CONF.set_override('connection', sys.stdin.read(), group='database');"
        "print(migration.upgrade())"
    )
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [rival.communicate(empty_database, timeout=PATIENCE) for rival in rivals]
    assert [out.strip() for out, _ in answers] == [migration.head()] * 2, answers
    assert migration.current() == migration.head()


def test_a_newer_database_is_left_alone(empty_database: str) -> None:
    migration.upgrade()
    with engine.writer() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(exception.VersionIncompatible, match="9999"):
        migration.upgrade()


def test_a_database_without_tables_says_what_to_do(empty_database: str) -> None:
    with pytest.raises(exception.DatabaseError, match="run 'ironic-lite db upgrade'"):
        nodes.get(1)


def test_command(empty_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert db_command.main(["version"]) == 1
    assert "no tables" in capsys.readouterr().out
    assert db_command.main(["upgrade"]) == 0
    assert migration.head() in capsys.readouterr().out
    assert db_command.main(["version"]) == 0
    assert "up to date" in capsys.readouterr().out
