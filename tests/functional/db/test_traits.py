# SPDX-License-Identifier: Apache-2.0
"""Traits of nodes and runbooks."""

from concurrent import futures
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.objects import traits
from tests.functional.db import samples

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    return samples.make_node(admin)


@pytest.fixture(params=["node", "runbook"])
def owner(request: pytest.FixtureRequest, node: objects.Node, admin: Context) -> Any:
    return node if request.param == "node" else samples.make(objects.Runbook, admin, node)


def read(owner: Any, admin: Context) -> list[str]:
    """What the database holds; ``get`` and ``rows`` agree."""
    rows = type(owner).rows(admin, ["traits"], filters={"uuid_in": [owner.uuid]})
    kept: list[str] = type(owner).get(admin, owner.uuid).traits
    assert rows == [{"traits": kept}]
    return kept


def test_traits_are_written_at_once(owner: Any, admin: Context) -> None:
    assert owner.traits == read(owner, admin) == []
    owner.set_traits(["HW_B", "CUSTOM_A", "HW_B"])
    assert owner.traits == read(owner, admin) == ["CUSTOM_A", "HW_B"]
    owner.add_trait("CUSTOM_C")
    owner.add_trait("HW_B")
    assert owner.traits == read(owner, admin) == ["CUSTOM_A", "CUSTOM_C", "HW_B"]
    owner.remove_trait("HW_B")
    with pytest.raises(exception.NotFound, match=f"{owner.uuid} doesn't have a trait 'HW_B'"):
        owner.remove_trait("HW_B")
    assert owner.traits == read(owner, admin) == ["CUSTOM_A", "CUSTOM_C"]
    assert owner.obj_what_changed() == set()
    owner.set_traits([])
    assert owner.traits == read(owner, admin) == []


def test_no_more_than_fifty(owner: Any, admin: Context) -> None:
    most = sorted(f"CUSTOM_{number}" for number in range(traits.MAX_TRAITS))
    owner.set_traits(most)
    for refused in (lambda: owner.add_trait("HW_A"), lambda: owner.set_traits([*most, "HW_A"])):
        with pytest.raises(exception.InvalidParameterValue, match="no more than 50"):
            refused()
    owner.add_trait(most[0])
    assert read(owner, admin) == most


def test_save_does_not_touch_them(owner: Any) -> None:
    owner.traits = ["HW_A"]
    with pytest.raises(exception.InvalidParameterValue, match="traits"):
        owner.save()


def test_of_an_owner_that_is_gone(owner: Any) -> None:
    owner.set_traits(["HW_A"])
    owner.destroy()
    for lost in (lambda: owner.add_trait("HW_B"), lambda: owner.remove_trait("HW_A")):
        with pytest.raises(exception.NotFound):
            lost()


def test_a_task_that_lost_its_lock_writes_none(node: objects.Node, admin: Context) -> None:
    locked = objects.Node.reserve(admin, "host", node.id)
    locked.add_trait("HW_A")
    objects.Node.release_orphans(admin, ["host"])
    with pytest.raises(exception.NodeLockLost):
        locked.add_trait("HW_B")
    assert read(node, admin) == ["HW_A"]


def test_nobody_overwrites_anybody(owner: Any, admin: Context) -> None:
    def add(number: int) -> None:
        type(owner).get(admin, owner.id).add_trait(f"CUSTOM_{number:02}")

    with futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(16)))
    assert read(owner, admin) == [f"CUSTOM_{number:02}" for number in range(16)]


def test_nodes_by_traits(admin: Context) -> None:
    for name, words in (("n0", []), ("n1", ["HW_A"]), ("n2", ["HW_A", "HW_B"])):
        samples.make_node(admin, name=name).set_traits(words)
    for wanted, expected in (
        ([], {"n0", "n1", "n2"}),
        (["HW_A"], {"n1", "n2"}),
        (["HW_B", "HW_A", "HW_A"], {"n2"}),
        (["HW_A", "HW_Z"], set()),
    ):
        rows = objects.Node.rows(admin, ["name"], filters={"with_traits": wanted})
        assert {row["name"] for row in rows} == expected, wanted
