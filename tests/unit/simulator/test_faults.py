# SPDX-License-Identifier: Apache-2.0
"""Faults of a virtual server."""

from typing import Any

import pytest

from ironic_lite_simulator.faults import Faults, InvalidFault


@pytest.mark.parametrize(("heard", "of"), [(0, 3), (1, 2), (2, 3), (7, 10), (4, 4)])
def test_k_of_n_datagrams_are_heard(heard: int, of: int) -> None:
    faults = Faults()
    faults.update({"bmc_answers": f"{heard}/{of}"})
    for window in range(50):
        answers = [faults.hears_datagram(window * of + i) for i in range(of)]
        assert sum(answers) == heard


@pytest.mark.parametrize(
    "changes",
    [
        {"nothing": True},
        {"bmc_silent": "yes"},
        {"bmc_answers": "half"},
        {"bmc_answers": "3/2"},
        {"bmc_answers": "0/0"},
        {"agent_command_delay": -1},
        {"agent_command_delay": True},
        {"agent_dies_on": 1},
        {"agent_dies_when": "later"},
    ],
)
def test_wrong_settings_change_nothing(changes: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(InvalidFault):
        faults.update({"image_write_fails": True, **changes})
    assert faults.active() == {}


def test_clear() -> None:
    faults = Faults()
    faults.update({"bmc_silent": True, "agent_dies_on": "write_image", "agent_command_delay": 2})
    assert faults.active() == {
        "bmc_silent": True,
        "agent_dies_on": "write_image",
        "agent_command_delay": 2,
    }
    faults.clear()
    assert faults == Faults()
