# SPDX-License-Identifier: Apache-2.0
"""Implementations of an interface have the argument names of its contract, which mypy does not compare."""

import inspect
from collections.abc import Iterator
from importlib import metadata

import pytest

from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.drivers import factory
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.driver import Driver
from ironic_lite.drivers.interfaces.vendor import VendorInterface

KINDS = (steps.CLEAN, steps.DEPLOY, steps.SERVICE)


def _implementations() -> Iterator[type[BaseInterface]]:
    for kind in INTERFACE_TYPES:
        for entry_point in metadata.entry_points(group=f"{factory.INTERFACES}.{kind}"):
            yield entry_point.load()


IMPLEMENTATIONS = sorted(set(_implementations()), key=lambda each: each.__qualname__)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.__qualname__)
def test_an_implementation_has_the_arguments_of_its_contract(
    implementation: type[BaseInterface],
) -> None:
    contract = Driver.__annotations__[implementation.interface_type]
    assert issubclass(implementation, contract)
    assert not inspect.isabstract(implementation)
    for name, declared in inspect.getmembers(contract, inspect.isfunction):
        if name.startswith("_"):
            continue
        here = inspect.signature(getattr(implementation, name)).parameters
        there = inspect.signature(declared).parameters
        own = list(here)[len(there) :]
        assert list(here)[: len(there)] == list(there), name
        assert all(here[each].default is not inspect.Parameter.empty for each in own), name


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda each: each.__qualname__)
def test_an_implementation_has_no_public_methods_but_those_of_its_contract(
    implementation: type[BaseInterface],
) -> None:
    """Otherwise a misspelled optional method would count as one that is not implemented."""
    contract = Driver.__annotations__[implementation.interface_type]
    specs = [spec for kind in KINDS for spec in steps.declared_steps(implementation, kind)]
    own = {spec.name for spec in specs} | {spec.happened for spec in specs}
    if issubclass(implementation, VendorInterface):
        offered = [*implementation.vendor_methods().values()]
        offered += implementation.driver_methods().values()
        own |= {method.attribute for method in offered}
    public = {
        name
        for name, _ in inspect.getmembers(implementation, inspect.isfunction)
        if not name.startswith("_")
    }
    assert {name for name in public - own if not hasattr(contract, name)} == set()


def test_a_driver_has_an_interface_of_each_type() -> None:
    assert tuple(Driver.__annotations__) == INTERFACE_TYPES
    assert {kind: each.interface_type for kind, each in Driver.__annotations__.items()} == {
        kind: kind for kind in INTERFACE_TYPES
    }


STEPS = {
    "bios": {"apply_configuration", "factory_reset"},
    "deploy": {
        "boot_instance",
        "boot_ramdisk",
        "deploy",
        "prepare_instance_boot",
        "switch_to_tenant_network",
        "tear_down_agent",
        "write_image",
    },
    "firmware": {"update"},
    "raid": {"create_configuration", "delete_configuration"},
    "vendor": {"log_passthrough", "trigger_servicewait"},
}
"""Steps by interface, which deploy templates, runbooks and options of operators name."""


def test_steps_keep_their_names() -> None:
    found: dict[str, set[str]] = {kind: set() for kind in INTERFACE_TYPES}
    for implementation in IMPLEMENTATIONS:
        for kind in KINDS:
            declared = steps.declared_steps(implementation, kind)
            found[implementation.interface_type] |= {spec.name for spec in declared}
    assert {kind: names - found[kind] for kind, names in STEPS.items() if names - found[kind]} == {}
