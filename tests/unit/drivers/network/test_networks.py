# SPDX-License-Identifier: Apache-2.0
"""Which networks a node's owner may name for the service's work on the server."""

import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.modules.network import networks

SERVICE, OWNER, VICTIM = "p-service", "p-owner", "p-victim"

NETWORKS = [
    ("n-configured", "cleaning", SERVICE, False),
    ("n-impostor", "cleaning", VICTIM, False),
    ("n-service", "special", SERVICE, False),
    ("n-owner", "mine", OWNER, False),
    ("n-victim", "private", VICTIM, False),
    ("n-shared", "public", VICTIM, True),
    ("n-twice-1", "twice", OWNER, False),
    ("n-twice-2", "twice", VICTIM, False),
]


class Neutron:
    """A Neutron with these networks."""

    project: str | None = SERVICE

    def __init__(self, _ensure_locked: Any) -> None:
        """Nothing is changed."""

    def networks_named(self, ident: str) -> list[Any]:
        return [
            types.SimpleNamespace(id=uuid, project_id=project, is_shared=shared)
            for uuid, name, project, shared in NETWORKS
            if ident in (uuid, name)
        ]

    def own_project(self) -> str | None:
        return self.project


@pytest.fixture(autouse=True)
def neutron(
    monkeypatch: pytest.MonkeyPatch, set_option: Callable[..., None]
) -> Iterator[type[Neutron]]:
    monkeypatch.setattr(networks, "Neutron", Neutron)
    monkeypatch.setattr(networks, "_known", networks._Known())
    monkeypatch.setattr(Neutron, "project", SERVICE)
    set_option("cleaning_network", "cleaning", group="neutron")
    yield Neutron


def find(named: str | None, owner: str | None = OWNER) -> str:
    driver_info = {} if named is None else {"cleaning_network": named}
    node = types.SimpleNamespace(uuid="u-1", owner=owner, driver_info=driver_info)
    task: Any = types.SimpleNamespace(node=node, ensure_locked=lambda: None)
    return networks.find(task, Purpose.CLEANING)


@pytest.mark.parametrize(
    ("named", "owner", "found"),
    [
        # Another project's network of the same name neither takes its place nor gets in its way.
        (None, OWNER, "n-configured"),
        ("cleaning", OWNER, "n-configured"),
        (None, None, "n-configured"),
        ("n-service", OWNER, "n-service"),
        ("mine", OWNER, "n-owner"),
        ("n-shared", OWNER, "n-shared"),
        ("twice", OWNER, "n-twice-1"),
        # Only operators change nodes without an owner.
        ("n-victim", None, "n-victim"),
    ],
)
def test_networks_that_a_node_may_use(named: str | None, owner: str | None, found: str) -> None:
    assert find(named, owner) == found


@pytest.mark.parametrize("named", ["n-victim", "private", "n-impostor", "n-twice-2", "absent"])
def test_networks_of_other_projects(named: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="not found"):
        find(named)


def test_what_one_owner_has_found_is_not_for_all() -> None:
    assert find("private", VICTIM) == "n-victim"
    with pytest.raises(exception.InvalidParameterValue, match="not found"):
        find("private", OWNER)
    assert find("private", None) == "n-victim"
    with pytest.raises(exception.InvalidParameterValue, match="not found"):
        find("private", OWNER)


def test_the_check_can_be_disabled(set_option: Callable[..., None]) -> None:
    set_option("only_networks_of_the_owner", False, group="neutron")
    assert find("n-victim") == "n-victim"


def test_without_keystone_there_are_no_projects(
    neutron: type[Neutron], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neutron, "project", None)
    assert find("n-victim") == "n-victim"


def test_an_ambiguous_name_is_refused() -> None:
    with pytest.raises(exception.InvalidParameterValue, match="More than one"):
        find("twice", None)
