# SPDX-License-Identifier: Apache-2.0
"""A list costs the same number of statements however many records it shows."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite import objects
from ironic_lite.common import context
from ironic_lite.db import engine
from tests.functional.db import samples

pytestmark = pytest.mark.usefixtures("database")

MANY = 50
ITEMS = (objects.BIOSSetting, objects.FirmwareComponent)


@pytest.fixture
def executed(database: str) -> Iterator[list[str]]:
    """The statements so far."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine.get(), "before_cursor_execute", note)
    yield statements
    sa.event.remove(engine.get(), "before_cursor_execute", note)


def populate(record: Any, admin: context.RequestContext) -> None:
    """``MANY`` records, each with all related records that lists need."""
    chassis = objects.Chassis(admin)
    chassis.create()
    node = samples.make_node(admin, chassis_id=chassis.id)
    if record in ITEMS:
        key = record.REPOSITORY.key
        record.replace(admin, node.id, [{key: f"item{number:02}"} for number in range(MANY)])
        return
    for number in range(MANY):
        if record in (objects.Node, objects.Allocation):
            node = samples.make_node(admin, chassis_id=chassis.id)
            node.set_traits(["CUSTOM_A", f"CUSTOM_{number}"])
            samples.make(objects.Allocation, admin, node, number).take(node)
            continue
        made = samples.make(record, admin, node, number)
        if record is objects.Port:
            group = samples.make(objects.Portgroup, admin, node, number)
            made.portgroup_id = group.id
            made.save()
        if record is objects.Runbook:
            made.set_traits(["CUSTOM_A", f"CUSTOM_{number}"])


WAYS = [
    *((record, way) for record in (objects.Node, *samples.ALL) for way in ("rows", "list")),
    *((record, "rows") for record in ITEMS),
]


@pytest.mark.parametrize(
    ("record", "way"), WAYS, ids=[f"{record.obj_name()}.{way}" for record, way in WAYS]
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_one_record_or_fifty(
    record: Any, way: str, admin: context.RequestContext, executed: list[str]
) -> None:
    populate(record, admin)
    counted = []
    for limit in (1, MANY):
        executed.clear()
        if way == "rows":
            columns = [name for name in record.fields if name != "agent_secret_token"]
            found = record.rows(admin, columns, limit=limit, sort_dir="desc")
        else:
            found = record.list(admin, limit=limit, sort_dir="desc")
        assert len(found) == limit
        counted.append(len(executed))
    assert counted == [1, 1], executed
