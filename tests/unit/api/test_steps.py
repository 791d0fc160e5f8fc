# SPDX-License-Identifier: Apache-2.0
"""The steps of templates and runbooks."""

from typing import Any

import pytest

from ironic_lite.api import steps
from ironic_lite.api.resources.deploy_template import DEPLOY_TEMPLATE
from ironic_lite.common import exception

GOOD = {"interface": "bios", "step": "reset", "args": {}, "priority": 1}
PRIORITIES = steps.StepList("priority", args_needed=True)
ORDERS = steps.StepList("order", args_needed=False)


@pytest.mark.parametrize(
    "wrong",
    [
        "reset",
        None,
        {**GOOD, "interface": "network"},
        {**GOOD, "interface": None},
        {**GOOD, "step": ""},
        {**GOOD, "step": 5},
        {**GOOD, "args": []},
        {**GOOD, "args": None},
        {**GOOD, "priority": -1},
        {**GOOD, "priority": True},
        {**GOOD, "priority": 1.5},
        {**GOOD, "priority": "soon"},
        {**GOOD, "priority": "٣"},
        {**GOOD, "priority": None},
        {**GOOD, "priority": 2**31},
        {**GOOD, "order": 1},
        {name: value for name, value in GOOD.items() if name != "args"},
        {name: value for name, value in GOOD.items() if name != "interface"},
    ],
)
def test_what_is_no_step(wrong: Any) -> None:
    with pytest.raises(ValueError, match="step 1 of"):
        PRIORITIES.check([{**GOOD, "step": "other"}, wrong])


@pytest.mark.parametrize("wrong", [None, {}, [], "reset", [GOOD] * 300])
def test_what_is_no_list_of_steps(wrong: Any) -> None:
    with pytest.raises(ValueError, match="name"):
        PRIORITIES.check(wrong)


def test_numbers_in_words_and_arguments_left_out() -> None:
    given = [{"interface": "bios", "step": "reset", "order": "7"}]
    assert ORDERS.check(given) == [
        {"interface": "bios", "step": "reset", "order": 7, "args": {}},
    ]
    assert given == [{"interface": "bios", "step": "reset", "order": "7"}]


def test_a_step_may_be_there_once_and_a_pause_often() -> None:
    with pytest.raises(ValueError, match="already"):
        PRIORITIES.check([GOOD, {**GOOD, "priority": 2}])
    pause = {"step": "hold", "args": {}, "priority": 3}
    assert len(PRIORITIES.check([pause, GOOD, pause])) == 3


def test_braces_in_a_refusal_are_the_clients() -> None:
    with pytest.raises(exception.InvalidParameterValue, match=r"\(\{secret\}\)"):
        DEPLOY_TEMPLATE.parse({"name": "CUSTOM_A", "steps": [{**GOOD, "{secret}": 1}]}, 115)
