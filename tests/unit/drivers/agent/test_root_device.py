# SPDX-License-Identifier: Apache-2.0
"""Root device hints, compared with their interpretation by the agent."""

import types
from typing import Any

import pytest
from ironic_python_agent import device_hints

from ironic_lite.common import exception
from ironic_lite.drivers.modules.agent import root_device

GIB = 1024**3
DISKS = [
    {
        "name": "/dev/sda",
        "model": "PERC H730 Mini",
        "vendor": "DELL",
        "size": 250 * GIB,
        "rotational": True,
        "serial": "6D09466000",
        "wwn": "0x6d094660",
        "wwn_with_extension": "0x6d0946602a",
        "hctl": "0:2:0:0",
        "by_path": "/dev/disk/by-path/pci-0000:02:00.0-scsi-0:2:0:0",
        "tran": "sas",
    },
    {
        "name": "/dev/sdb",
        "model": "SAMSUNG MZ7LM480",
        "vendor": "",
        "size": int(447.13 * GIB),
        "rotational": False,
        "serial": ["S2", "S3 x"],
        "wwn": None,
        "hctl": "0:3:0:0",
    },
    {
        "name": "/dev/nvme0n1",
        "model": "INTEL SSDPE2KX010T8",
        "size": 1000 * GIB,
        "rotational": None,
    },
    {"name": "/dev/sdc", "model": None, "size": 1 * GIB, "rotational": "no"},
]

LIKE_THE_AGENT: list[dict[str, Any]] = [
    {},
    {"model": "PERC H730 Mini"},
    {"model": "perc h730 mini"},
    {"model": "  PERC H730 Mini "},
    {"model": "PERC"},
    {"model": "s== PERC H730 Mini"},
    {"model": "s==PERC H730 Mini"},
    {"model": "s!= SAMSUNG MZ7LM480"},
    {"model": "<in> perc"},
    {"model": "<in> H730 Mini"},
    {"model": "<or> foo <or> samsung mz7lm480"},
    {"model": "<or> perc h730 mini <or> INTEL SSDPE2KX010T8"},
    {"model": "s>= p"},
    {"model": "s< p"},
    {"vendor": "dell"},
    {"vendor": "s!= dell"},
    {"serial": "6D09466000"},
    {"serial": "S3 X"},
    {"serial": "s!= s2"},
    {"wwn": "0x6D094660"},
    {"wwn": "s!= foo"},
    {"wwn_with_extension": "0x6d0946602a"},
    {"hctl": "0:3:0:0"},
    {"by_path": "/dev/disk/by-path/pci-0000:02:00.0-scsi-0:2:0:0"},
    {"name": "/dev/sdb"},
    {"name": "<in> nvme"},
    {"name": "<or> /dev/sdc <or> /dev/sdb"},
    {"tran": "sas"},
    {"size": 250},
    {"size": "250"},
    {"size": " == 250 "},
    {"size": "!= 250"},
    {"size": ">= 250"},
    {"size": ">=300"},
    {"size": "> 250"},
    {"size": "<= 250"},
    {"size": "< 250"},
    {"size": "= 447"},
    {"size": 447},
    {"rotational": True},
    {"rotational": "yes"},
    {"rotational": "True"},
    {"rotational": "1"},
    {"rotational": "no"},
    {"rotational": False},
    {"rotational": "off"},
    {"size": ">= 100", "rotational": "false"},
    {"size": ">= 100", "model": "<in> samsung", "serial": "S2"},
    {"model": "100%20"},
    {"model": "[x"},
]


def _node(where: str, hints: Any) -> Any:
    fields = {"instance_info": {}, "properties": {}, where: {"root_device": hints}}
    return types.SimpleNamespace(**fields)


@pytest.mark.parametrize("hints", LIKE_THE_AGENT, ids=str)
def test_hints_choose_what_the_agent_chooses(hints: dict[str, Any]) -> None:
    root_device.validate(_node("properties", hints))
    chosen = root_device.choose(DISKS, hints, "root_device")
    agents = DISKS[0] if not hints else next(device_hints.find_devices_by_hints(DISKS, hints), None)
    assert (chosen and chosen["name"]) == (agents and agents["name"])


@pytest.mark.parametrize(
    ("hints", "name"),
    [
        ({"size": "<range-in> [ 200 300 ]"}, "/dev/sda"),
        ({"size": "<range-in> ( 250 447 )"}, None),
        ({"size": "<range-in> ( 250 448 ]"}, "/dev/sdb"),
        ({"size": "<or> 1 <or> 1000"}, "/dev/nvme0n1"),
        ({"model": "<all-in> mini perc"}, "/dev/sda"),
        ({"model": "<all-in> perc raid"}, None),
    ],
    ids=str,
)
def test_operators_that_the_agent_does_not_bring_to_an_end(hints: Any, name: str | None) -> None:
    root_device.validate(_node("instance_info", hints))
    chosen = root_device.choose(DISKS, hints, "root_device")
    assert (chosen and chosen["name"]) == name


@pytest.mark.parametrize(
    ("hints", "told"),
    [
        ("sda", "must be an object"),
        (["sda"], "must be an object"),
        ({"seriel": "abc"}, "unknown hint.* seriel"),
        ({"size": "abc"}, "size must be a whole number"),
        ({"size": 0}, "size must be a whole number"),
        ({"size": "-1"}, "size must be a whole number"),
        ({"size": "250.5"}, "size must be a whole number"),
        ({"size": "250 GB"}, "size must be a whole number"),
        ({"size": "> 200 < 300"}, "size must be a whole number"),
        ({"size": ">="}, "an operator without a value"),
        ({"size": True}, "size must be a number of GiB"),
        ({"size": [1]}, "size must be a number of GiB"),
        ({"size": None}, "size must be a number of GiB"),
        ({"size": 2.5}, "size must be a number of GiB"),
        ({"size": "s== 250"}, "compares text"),
        ({"size": "<in> 5"}, "compares text"),
        ({"size": "<all-in> 5 6"}, "compares text"),
        ({"size": "<range-in> [ 300 200 ]"}, "a range that ends before it begins"),
        ({"size": "<range-in> 200 300 4 5"}, "must be written as"),
        ({"size": "<range-in> [ a b ]"}, "size must be a whole number"),
        ({"size": "9" * 2000}, "longer than"),
        ({"name": ["/dev/sda"]}, "name must be text"),
        ({"serial": 7}, "serial must be text"),
        ({"model": ""}, "model must not be empty"),
        ({"model": "  "}, "model must not be empty"),
        ({"model": "s=="}, "an operator without a value"),
        ({"model": ">= 5"}, "compares numbers"),
        ({"model": "== x"}, "compares numbers"),
        ({"model": "<range-in> [ 1 2 ]"}, "compares numbers"),
        ({"rotational": "maybe"}, "rotational must be true or false"),
        ({"rotational": None}, "rotational must be true or false"),
        ({"rotational": 2}, "rotational must be true or false"),
    ],
    ids=str,
)
def test_hints_that_are_wrong(hints: Any, told: str) -> None:
    for where in ("instance_info", "properties"):
        with pytest.raises(exception.InvalidParameterValue, match=told) as refused:
            root_device.validate(_node(where, hints))
        assert str(refused.value).startswith(f"{where}/root_device")
        assert refused.value.code == 400


def test_disks_that_make_no_sense_are_passed_over() -> None:
    disks: list[Any] = [None, "sda", 7, {}, {"size": "big"}, {"size": True}, {"size": None}]
    assert root_device.choose([*disks, DISKS[0]], {"size": 250}, "root_device") == DISKS[0]
    assert root_device.choose(disks, {"rotational": True}, "root_device") is None
