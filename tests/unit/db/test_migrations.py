# SPDX-License-Identifier: Apache-2.0
"""Migrations only add, so processes of the last release continue to work with an upgraded database."""

import ast
from pathlib import Path

import pytest

from ironic_lite.db import migrations

VERSIONS = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))
ADDING = {"add_column", "bulk_insert", "create_index", "create_table", "get_bind"}


def unfit(source: str) -> list[str]:
    """Return the parts of a migration that do more than add: calls of alembic, and columns that need a value."""
    found = []
    for call in [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]:
        function = call.func
        if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
            continue
        if function.value.id == "op" and function.attr not in ADDING:
            found.append(f"op.{function.attr}")
        if (function.value.id, function.attr) == ("op", "add_column"):
            named = {word.arg for word in ast.walk(call) if isinstance(word, ast.keyword)}
            if "nullable" in named and "server_default" not in named:
                found.append("op.add_column of a column that must be filled")
    return found


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_migrations_only_add(path: Path) -> None:
    assert unfit(path.read_text()) == []


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("nodes", "name")',
        'op.alter_column("nodes", "name", nullable=False)',
        'op.execute("UPDATE nodes SET name = NULL")',
        'op.add_column("nodes", sa.Column("a", sa.Text, nullable=False))',
    ],
)
def test_others_are_found(statement: str) -> None:
    assert len(unfit(f"def upgrade():\n    {statement}\n")) == 1


def test_each_follows_the_one_before() -> None:
    numbers, former = [], []
    for path in VERSIONS:
        given = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in ("revision", "down_revision")
        }
        assert path.stem.startswith(f"{given['revision']}_")
        numbers.append(given["revision"])
        former.append(given["down_revision"])
    assert former == [None, *numbers[:-1]] and numbers == sorted(numbers)
