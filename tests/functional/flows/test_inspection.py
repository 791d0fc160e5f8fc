# SPDX-License-Identifier: Apache-2.0
"""Booting for an inspection, and cleaning up after it."""

from collections.abc import Callable

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import flows
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.inspection import Inspection

Option = Callable[..., None]


def test_a_boot_that_is_not_ours(core: ConductorCore, option: Option) -> None:
    node = core.create_node(states.MANAGEABLE, inspect_interface="agent", boot_interface="ipxe")
    with pytest.raises(exception.InvalidParameterValue, match="deploy_kernel"):
        core.do(verbs.inspect, node)
    option("require_managed_boot", False, group="inspector")
    waiting = core.do(verbs.inspect, node)
    assert waiting.provision_state == states.INSPECTWAIT
    assert waiting.power_state == states.POWER_ON
    assert waiting.driver_internal_info["inspector_manage_boot"] is False
    failed = core.act(node, "abort")
    assert (failed.provision_state, failed.power_state) == (states.INSPECTFAIL, states.POWER_OFF)


@pytest.mark.parametrize(
    ("power_off", "fast_track", "left"),
    [(True, False, "off"), (False, False, "on"), (True, True, "on")],
)
def test_power_behind_an_inspection(
    core: ConductorCore, option: Option, power_off: bool, fast_track: bool, left: str
) -> None:
    option("power_off", power_off, group="inspector")
    option("fast_track", fast_track, group="deploy")
    inspection = Inspection(core)
    with core.task(inspection.node) as task:
        task.node.provision_state = states.MANAGEABLE
        task.node.save()
    assert core.do(verbs.inspect, inspection.node).power_state == states.POWER_ON
    assert inspection.run().power_state == f"power {left}"


def test_time_runs_out(inspection: Inspection) -> None:
    failed = inspection.core.in_worker(flows.timed_out, inspection.node)
    assert failed.provision_state == states.INSPECTFAIL
    assert "The inspection timed out while in 'inspect wait'" in failed.last_error
