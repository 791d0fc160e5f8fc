# SPDX-License-Identifier: Apache-2.0
"""Booting for an inspection, and cleaning up after it."""

from collections.abc import Callable

import pytest

from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import flows
from tests.functional.flows import verbs
from tests.functional.flows.inspection import Inspection
from tests.functional.flows.workshop import Workshop

Option = Callable[..., None]


def test_a_boot_that_is_not_ours(workshop: Workshop, option: Option) -> None:
    node = workshop.create_node(states.MANAGEABLE, inspect_interface="agent", boot_interface="ipxe")
    with pytest.raises(exception.InvalidParameterValue, match="deploy_kernel"):
        workshop.do(verbs.inspect, node)
    option("require_managed_boot", False, group="inspector")
    waiting = workshop.do(verbs.inspect, node)
    assert waiting.provision_state == states.INSPECTWAIT
    assert waiting.power_state == states.POWER_ON
    assert waiting.driver_internal_info["inspector_manage_boot"] is False
    failed = workshop.act(node, "abort")
    assert (failed.provision_state, failed.power_state) == (states.INSPECTFAIL, states.POWER_OFF)


@pytest.mark.parametrize(
    ("power_off", "fast_track", "left"),
    [(True, False, "off"), (False, False, "on"), (True, True, "on")],
)
def test_power_behind_an_inspection(
    workshop: Workshop, option: Option, power_off: bool, fast_track: bool, left: str
) -> None:
    option("power_off", power_off, group="inspector")
    option("fast_track", fast_track, group="deploy")
    inspection = Inspection(workshop)
    with workshop.task(inspection.node) as task:
        task.node.provision_state = states.MANAGEABLE
        task.node.save()
    assert workshop.do(verbs.inspect, inspection.node).power_state == states.POWER_ON
    assert inspection.run().power_state == f"power {left}"


def test_time_runs_out(inspection: Inspection) -> None:
    failed = inspection.workshop.in_worker(flows.timed_out, inspection.node)
    assert failed.provision_state == states.INSPECTFAIL
    assert "The inspection timed out while in 'inspect wait'" in failed.last_error
