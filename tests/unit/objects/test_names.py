# SPDX-License-Identifier: Apache-2.0
"""Every column and filter that the service uses exists, so a rename that misses a place fails here.

Fields of objects become attributes at run time, so a type checker does not know them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ironic_lite
from ironic_lite import objects

ROOT = Path(ironic_lite.__file__).parent
FILES = sorted(
    path for room in ("api", "conductor", "drivers", "cmd") for path in (ROOT / room).rglob("*.py")
)

VARIABLES = {
    name: set(dir(kind()))
    for name, kind in {
        "node": objects.Node,
        "port": objects.Port,
        "portgroup": objects.Portgroup,
        "allocation": objects.Allocation,
        "runbook": objects.Runbook,
    }.items()
}
"""Variables and attributes of these names hold such objects, with these attributes."""

LISTED = {
    name: getattr(objects, name)
    for name in objects.__all__
    if hasattr(getattr(objects, name), "REPOSITORY")
}


ANY = "any of them"
FILTERS = {name: set(record.REPOSITORY.filters) for name, record in LISTED.items()}
FILTERS[ANY] = set().union(*FILTERS.values())


def attributes(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield ``(variable, attribute, line)`` of each attribute of ``node``, ``task.node`` and the like."""
    for each in ast.walk(tree):
        if not isinstance(each, ast.Attribute):
            continue
        holder = each.value
        if isinstance(holder, ast.Name):
            yield holder.id, each.attr, each.lineno
        elif isinstance(holder, ast.Attribute):
            yield holder.attr, each.attr, each.lineno


def filters(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield ``(object, filter, line)`` of each ``Node.rows(..., filters={...})``, ``owned.nodes(context, {...})`` and
    ``filters = {...}``."""
    for each in ast.walk(tree):
        if isinstance(each, ast.Assign | ast.AnnAssign):
            target = each.targets[0] if isinstance(each, ast.Assign) else each.target
            if isinstance(target, ast.Name) and target.id == "filters":
                yield from _keys(ANY, each.value)
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            holder = each.func.value
            name = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
            if name in LISTED:
                for word in each.keywords:
                    if word.arg == "filters":
                        yield from _keys(name, word.value)
            elif name == "owned" and each.func.attr in ("nodes", "each"):
                yield from _keys("Node", each.args[1 if each.func.attr == "nodes" else 3])


def _keys(record: str, value: ast.AST | None) -> Iterator[tuple[str, str, int]]:
    if isinstance(value, ast.Dict):
        for key in value.keys:
            if isinstance(key, ast.Constant):
                yield record, str(key.value), key.lineno


def unknown(source: str) -> list[str]:
    """Return the attributes and filters that the objects do not have."""
    tree = ast.parse(source)
    found = [
        f"line {line}: {variable}.{name}"
        for variable, name, line in attributes(tree)
        if name not in VARIABLES.get(variable, {name})
    ]
    return found + [
        f"line {line}: filter {name} of {record}"
        for record, name, line in filters(tree)
        if name not in FILTERS[record]
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_columns_and_filters_are_there(path: Path) -> None:
    assert unknown(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "task.node.retired_for = 'x'",
        "print(node.provision_stat)",
        "Node.rows(context, [], filters={'owners': 'x'})",
        "objects.Port.list(context, filters={'mac': 'x'})",
        "owned.nodes(context, {'left': True})",
        "filters: dict[str, Any] = {'maintained': False}",
    ],
)
def test_others_are_found(source: str) -> None:
    assert len(unknown(source)) == 1
