# SPDX-License-Identifier: Apache-2.0
"""Pages: every record once, in order, for every sort key."""

import random
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import conductors, engine, nodes
from ironic_lite.db.ports import ports

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def population() -> list[dict[str, Any]]:
    """Nodes with equal values and NULLs among them."""
    dice = random.Random(1)
    return [
        nodes.create(
            {
                "driver": "ipmi",
                "name": f"n{number}" if number % 3 else None,
                "provision_state": dice.choice(["enroll", "available", "active"]),
                "owner": dice.choice([None, "p1", "p2"]),
                "maintenance": dice.random() < 0.5,
                "protected": False,
                "secure_boot": dice.choice([None, True, False]),
                "provision_updated_at": None,
            }
        )
        for number in range(17)
    ]


def walk(sort_key: str, sort_dir: str, limit: int = 4) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    marker = None
    while True:
        page = nodes.rows(None, limit, marker, sort_key, sort_dir)
        seen += page
        if len(page) < limit:
            return seen
        marker = page[-1]["uuid"]


@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
@pytest.mark.parametrize(
    "sort_key",
    [
        "id",
        "uuid",
        "name",
        "provision_state",
        "owner",
        "maintenance",
        "secure_boot",
        "created_at",
        "provision_updated_at",
    ],
)
def test_pages_make_up_the_sorted_list(
    population: list[dict[str, Any]], sort_key: str, sort_dir: str
) -> None:
    in_order = sorted(
        population,
        key=lambda row: (
            (row[sort_key] is not None, row[sort_key] or 0, row["id"])
            if not isinstance(row[sort_key], str)
            else (True, row[sort_key], row["id"])
        ),
        reverse=sort_dir == "desc",
    )
    assert [row["id"] for row in walk(sort_key, sort_dir)] == [row["id"] for row in in_order]


def test_filters_and_pages_go_together(population: list[dict[str, Any]]) -> None:
    page = nodes.rows(["id"], 3, population[4]["uuid"], "id", "asc", {"owner": "p1"})
    expected = [row["id"] for row in population[5:] if row["owner"] == "p1"][:3]
    assert [row["id"] for row in page] == expected


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
@pytest.mark.parametrize("sort_key", ["id", "uuid", "created_at", "provision_state", "owner"])
def test_a_page_begins_in_an_index(
    population: list[dict[str, Any]], sort_key: str, sort_dir: str
) -> None:
    """The last page costs as much as the first: nothing is sorted, and no row before the page is read."""
    executed: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        executed.append((statement, parameters))

    marker = next(row for row in population if row["owner"])["uuid"]
    sa.event.listen(engine.get(), "before_cursor_execute", note)
    nodes.rows(["uuid"], 5, marker, sort_key, sort_dir)
    sa.event.remove(engine.get(), "before_cursor_execute", note)
    statement, parameters = executed[-1]
    with engine.reader() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plan = [row[-1] for row in explained]
    assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan), plan
    if not (sort_key == "owner" and sort_dir == "desc"):  # NULLs come last: read to the end
        assert any(step.startswith("SEARCH nodes USING") for step in plan), plan


def test_what_is_refused(population: list[dict[str, Any]]) -> None:
    for key in ("nosuch", "properties", "reservation_token", "agent_secret_token"):
        with pytest.raises(
            exception.InvalidParameterValue, match="is an invalid field for sorting"
        ):
            nodes.rows(["id"], sort_key=key)
    with pytest.raises(exception.InvalidParameterValue, match="Invalid sort direction: up"):
        nodes.rows(["id"], sort_dir="up")
    missing = "00000000-0000-0000-0000-000000000005"
    with pytest.raises(exception.NodeNotFound, match=f"Node {missing} could not be found."):
        nodes.rows(["id"], marker=missing)
    with pytest.raises(exception.PortNotFound, match=missing):
        ports.rows(["id"], marker=missing)
    with pytest.raises(exception.ConductorNotFound, match="nosuch"):
        conductors.rows(marker="nosuch")
