# SPDX-License-Identifier: Apache-2.0
"""Order and merging of steps."""

import types
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.conductor.operations import steps


def _step(interface: str, name: str, priority: int, **more: Any) -> dict[str, Any]:
    return {"interface": interface, "step": name, "priority": priority, **more}


def _task(*offered: dict[str, Any]) -> Any:
    """Return a task whose interfaces have these steps."""

    def interface(kind: str) -> Any:
        def mine(_task: Any, _kind: str) -> list[dict[str, Any]]:
            return [s for s in offered if s["interface"] == kind]

        return types.SimpleNamespace(get_steps=mine)

    return types.SimpleNamespace(driver=types.SimpleNamespace(interface=interface))


def _labels(found: list[dict[str, Any]]) -> list[str]:
    return [steps.label(step) for step in found]


DIRECT = (
    _step("deploy", "boot_instance", 20),
    _step("deploy", "deploy", 100),
    _step("deploy", "write_image", 80, argsinfo=None),
    _step("bios", "reset", 0, argsinfo={"hard": {"required": False}}),
    _step("raid", "make", 0, argsinfo={"disks": {"required": True, "description": "which"}}),
)


def test_highest_priority_first_then_by_interface() -> None:
    task = _task(
        _step("raid", "a", 10),
        _step("deploy", "b", 10),
        _step("power", "c", 10),
        _step("vendor", "d", 10),
        _step("raid", "e", 11),
        _step("management", "never", 0),
    )
    assert _labels(steps.automatic(task, "clean")) == [
        "raid.e",
        "vendor.d",
        "power.c",
        "deploy.b",
        "raid.a",
    ]


def test_a_requested_step_is_put_in_by_its_priority() -> None:
    wanted = [_step("bios", "reset", 90, args={"hard": True})]
    found = steps.merged(_task(*DIRECT), "deploy", wanted)
    assert _labels(found) == [
        "deploy.deploy",
        "bios.reset",
        "deploy.write_image",
        "deploy.boot_instance",
    ]
    assert found[1]["args"] == {"hard": True}


def test_a_requested_step_takes_the_place_of_the_automatic_one() -> None:
    wanted = [_step("deploy", "boot_instance", 90), _step("deploy", "write_image", 0)]
    assert _labels(steps.merged(_task(*DIRECT), "deploy", wanted)) == [
        "deploy.deploy",
        "deploy.boot_instance",
    ]


def test_the_core_step_may_only_be_disabled() -> None:
    task = _task(*DIRECT)
    off = [_step("deploy", "deploy", 0)]
    assert "deploy.deploy" not in _labels(steps.merged(task, "deploy", off))
    with pytest.raises(exception.InvalidParameterValue, match="core step"):
        steps.merged(task, "deploy", [_step("deploy", "deploy", 50)])


def test_requested_steps_keep_their_order() -> None:
    wanted = [
        {"interface": "raid", "step": "make", "args": {"disks": [1]}},
        {"interface": "bios", "step": "reset"},
        {"interface": "raid", "step": "make", "args": {"disks": [2]}},
    ]
    found = steps.check_requested(_task(*DIRECT), "clean", wanted)
    assert _labels(found) == ["raid.make", "bios.reset", "raid.make"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wanted = [
        {"interface": "bios", "step": "nosuch"},
        {"interface": "bios", "step": "reset", "args": {"soft": 1}},
        {"interface": "raid", "step": "make"},
        {"step": "wait", "args": {"seconds": 5}},
    ]
    with pytest.raises(exception.InvalidParameterValue) as refused:
        steps.check_requested(_task(*DIRECT), "clean", wanted)
    for part in (
        "does not support this clean step: bios.nosuch",
        "unexpected argument(s) soft; it takes: hard",
        "missing required argument(s) disks",
        "wait takes no arguments",
    ):
        assert part in str(refused.value)


def test_no_step_may_need_the_ramdisk_without_one() -> None:
    task = _task(
        _step("bios", "needs", 0, requires_ramdisk=True),
        _step("bios", "without", 0, requires_ramdisk=False),
    )
    fine = [{"interface": "bios", "step": "without"}]
    assert steps.check_requested(task, "clean", fine, disable_ramdisk=True)
    with pytest.raises(exception.InvalidParameterValue, match="disable_ramdisk"):
        wanted = [{"interface": "bios", "step": "needs"}]
        steps.check_requested(task, "clean", wanted, disable_ramdisk=True)


def test_reserved_steps_need_no_interface() -> None:
    wanted = [{"step": "hold"}, {"step": "power_off"}]
    assert [s["step"] for s in steps.check_requested(_task(), "service", wanted)] == [
        "hold",
        "power_off",
    ]


@pytest.mark.parametrize("name", sorted(steps.RESERVED))
@pytest.mark.parametrize("more", [{}, {"execute_on_child_nodes": True}])
def test_reserved_steps_take_no_arguments(name: str, more: dict[str, bool]) -> None:
    wanted = {"step": name, "args": {"seconds": 5}, **more}
    for kind in ("clean", "deploy", "service"):
        with pytest.raises(exception.InvalidParameterValue, match=f"{name} takes no arguments"):
            steps.check_requested(_task(), kind, [wanted])
    assert steps.check_requested(_task(), "clean", [{**wanted, "args": {}}])


def test_what_is_requested_twice_runs_twice():
    found = steps.merged(
        _task(*DIRECT),
        "deploy",
        [
            _step("bios", "reset", 90, args={}),
            _step("bios", "reset", 10, args={"hard": True}),
            {"step": "hold", "priority": 95},
            {"step": "hold", "priority": 15},
        ],
    )
    assert _labels(found) == [
        "deploy.deploy",
        "hold",
        "bios.reset",
        "deploy.write_image",
        "deploy.boot_instance",
        "hold",
        "bios.reset",
    ]
