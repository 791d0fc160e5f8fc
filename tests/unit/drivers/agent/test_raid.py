# SPDX-License-Identifier: Apache-2.0
"""What the RAID interface of the agent says of a configuration, held against ironic-python-agent itself."""

import itertools
from typing import Any

import pytest
from ironic_python_agent import errors, hardware

from ironic_lite.common import exception
from ironic_lite.drivers.modules.agent.raid import AgentRAID

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


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FIRST, SECOND)))
def test_it_refuses_what_the_agent_refuses(
    first: dict[str, Any], second: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        hardware.GenericHardwareManager, "list_block_devices", lambda _self, **_more: [None] * 8
    )
    config = {"logical_disks": [first, *([second] if second else [])]}
    try:
        hardware.GenericHardwareManager().validate_configuration(config, {"uuid": "u"})
        refused = False
    except errors.SoftwareRAIDError:
        refused = True
    if refused:
        with pytest.raises(exception.InvalidParameterValue):
            AgentRAID().validate_raid_config(None, config)  # type: ignore[arg-type]
    else:
        AgentRAID().validate_raid_config(None, config)  # type: ignore[arg-type]
