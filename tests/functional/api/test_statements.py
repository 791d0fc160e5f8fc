# SPDX-License-Identifier: Apache-2.0
"""A list takes as many SQL statements for 50 records as for one.

A new collection is added to ``Population`` and to ``LISTS``.
"""

import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
import webob

from ironic_lite.api import app
from ironic_lite.common import rpc
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from tests.functional.api.population import Population
from tests.options import overridden

FEW, MANY = 1, 50

LISTS = (
    "allocations",
    "allocations?state=allocating&fields=uuid,node_uuid",
    "chassis",
    "chassis/detail",
    "chassis/{chassis}/nodes",
    "chassis/{chassis}/nodes/detail",
    "conductors",
    "conductors?detail=True",
    "deploy_templates",
    "deploy_templates?detail=True",
    "inspection_rules",
    "inspection_rules?detail=True",
    "nodes",
    "nodes/detail",
    "nodes/detail?conductor=conductor-0",
    "nodes?fields=uuid,traits,chassis_uuid,allocation_uuid,conductor",
    "nodes?chassis_uuid={chassis}",
    "nodes?sharded=true",
    "nodes?parent_node=home",
    "nodes/home/children",
    "nodes/home/bios",
    "nodes/home/bios?detail=True",
    "nodes/home/firmware",
    "nodes/home/history",
    "nodes/home/history?detail=True",
    "nodes/home/ports",
    "nodes/home/ports/detail",
    "nodes/home/portgroups",
    "nodes/home/portgroups/detail",
    "nodes/home/volume/connectors",
    "nodes/home/volume/targets?detail=True",
    "portgroups",
    "portgroups/detail",
    "portgroups?node=home",
    "portgroups/home/ports",
    "portgroups/home/ports/detail",
    "ports",
    "ports/detail",
    "ports?portgroup=home&node=home",
    "runbooks",
    "runbooks?detail=True",
    "shards",
    "volume/connectors",
    "volume/connectors?detail=True",
    "volume/targets",
    "volume/targets?detail=True",
)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, int]]]:
    """``{list: [(records, statements) for few, for many]}``, all asked for in this process."""
    CONF([], project="test", default_config_files=[])
    rpc.cleanup()
    engine.dispose()
    rpc.register_options()
    path: Path = tmp_path_factory.mktemp("statements")
    options: dict[str, dict[str, object]] = {
        "DEFAULT": {
            "transport_url": f"inprocess:///{uuid.uuid4().hex}",
            # The members of the ring are read once, whatever the list.
            "hash_ring_reset_interval": 3600,
        },
        "database": {"connection": f"sqlite:///{path}/db.sqlite"},
    }
    with overridden(options):
        migration.upgrade()
        counts = _count()
        rpc.cleanup()
        engine.dispose()
    return counts


def _count() -> dict[str, list[tuple[int, int]]]:
    statements: list[str] = []
    application = app.make_app()
    sa.event.listen(engine.get(), "before_cursor_execute", _note_into(statements))
    population = Population()
    counts: dict[str, list[tuple[int, int]]] = {name: [] for name in LISTS}
    for size in (FEW, MANY):
        population.grow(size)
        for name in LISTS:
            url = f"/v1/{name.format(chassis=population.chassis.uuid)}"
            _ask(application, url)
            statements.clear()
            counts[name].append((_ask(application, url), len(statements)))
    return counts


def _note_into(statements: list[str]) -> Any:
    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    return note


def _ask(application: Any, url: str) -> int:
    """The number of records that a list shows."""
    request = webob.Request.blank(url, headers={"X-OpenStack-Ironic-API-Version": "latest"})
    answer = request.get_response(application)
    assert answer.status_int == 200, answer.text
    document = orjson.loads(answer.body)
    (records,) = [value for name, value in document.items() if name not in ("links", "next")]
    return len(records)


@pytest.mark.parametrize("name", LISTS)
def test_statements_do_not_grow_with_rows(
    counted: dict[str, list[tuple[int, int]]], name: str
) -> None:
    (few, statements_for_few), (many, statements_for_many) = counted[name]
    assert many >= few + MANY - FEW
    assert 0 < statements_for_few == statements_for_many
