# SPDX-License-Identifier: Apache-2.0
"""What the RAID interface of the agent says of a configuration, held against ironic-python-agent itself."""

import itertools
import json
import subprocess
import sys
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.agent.raid import AgentRAID
from tests.waiting import PATIENCE

FIRST = [
    {"raid_level": level, "size_gb": size, "controller": "software"}
    for level in ("0", "1", "5")
    for size in (10, "MAX")
]
SECOND: list[dict[str, Any] | None] = [
    None,
    *(
        {"raid_level": level, "size_gb": size, "controller": controller, **more}
        for level in ("0", "1", "1+0", "5+0")
        for size in (10, "MAX")
        for controller in ("software", "megaraid")
        for more in ({}, {"volume_name": "data"}, {"physical_disks": [{"size": "> 1"}]})
    ),
]
CONFIGS = [
    {"logical_disks": [first, *([second] if second else [])]}
    for first, second in itertools.product(FIRST, SECOND)
]
# The agent's options are not ours, so it has a process of its own.
_ASK_THE_AGENT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from ironic_python_agent import config, errors, hardware
manager = hardware.GenericHardwareManager()
manager.list_block_devices = lambda **_more: [None] * 8
answers = []
for each in json.load(sys.stdin):
    try:
        manager.validate_configuration(each, {"uuid": "u"})
        answers.append(True)
    except errors.SoftwareRAIDError:
        answers.append(False)
print(json.dumps(answers))
"""


def is_accepted(config: dict[str, Any]) -> bool:
    try:
        AgentRAID().validate_raid_config(None, config)  # type: ignore[arg-type]
    except exception.InvalidParameterValue:
        return False
    return True


@pytest.mark.timeout(600)
def test_it_refuses_what_the_agent_refuses() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASK_THE_AGENT],
        input=json.dumps(CONFIGS),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert True in answers and False in answers
    assert [is_accepted(config) for config in CONFIGS] == answers
