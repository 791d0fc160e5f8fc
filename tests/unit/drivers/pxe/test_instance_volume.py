# SPDX-License-Identifier: Apache-2.0
"""The boot script of an instance on iSCSI volumes, and properties that must never get into it."""

import asyncio
import types
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.pxe import instance_volume
from ironic_lite_simulator import ipxe

URL = "http://192.0.2.1/boot/52-54-00-00-00-01"
IQN = "iqn.2010-10.org.openstack:volume-1"
PLAIN = {"target_portal": "192.0.2.31:3260", "target_iqn": IQN, "target_lun": 1}
CHAP = {**PLAIN, "auth_username": "u", "auth_password": "p#1;||&"}


def task(*properties: dict[str, Any], initiator: str = "iqn.2026-11.org.example:n-1") -> Any:
    targets = [
        types.SimpleNamespace(uuid=f"t-{i}", volume_type="iscsi", boot_index=i, properties=each)
        for i, each in enumerate(properties)
    ]
    boot = targets[0] if targets else None
    storage = types.SimpleNamespace(boot_volume=lambda _task: boot)
    return types.SimpleNamespace(
        node=types.SimpleNamespace(uuid="n-1"),
        driver=types.SimpleNamespace(storage=storage),
        volume_targets=targets,
        volume_connectors=[types.SimpleNamespace(type="iqn", connector_id=initiator)],
    )


def run(script: str) -> ipxe.Outcome:
    async def fetch(_url: str) -> bytes:
        return script.encode()

    async def download(url: str) -> int:
        raise ipxe.FetchError(url)

    return asyncio.run(ipxe.Firmware({}, fetch, download).run(URL))


def test_credentials_belong_to_their_volume() -> None:
    outcome = run(instance_volume.script(task(CHAP, PLAIN)))
    assert outcome.action == "volume"
    boot, other = outcome.volumes
    assert boot.urls == (f"iscsi:192.0.2.31::3260:1:{IQN}",)
    assert (boot.target, boot.initiator) == (IQN, "iqn.2026-11.org.example:n-1")
    assert (boot.user, other.user) == ("u", "")


@pytest.mark.parametrize(
    ("properties", "urls"),
    [
        ({"target_portal": "san.example.org"}, [f"iscsi:san.example.org:::1:{IQN}"]),
        ({"target_portal": "[2001:db8::1]:3260"}, [f"iscsi:[2001:db8::1]::3260:1:{IQN}"]),
        ({"target_portal": "2001:db8::1"}, [f"iscsi:[2001:db8::1]:::1:{IQN}"]),
        # The LUN of an iSCSI address is hexadecimal.
        ({"target_lun": 26}, [f"iscsi:192.0.2.31::3260:1a:{IQN}"]),
        ({"target_lun": 0}, [f"iscsi:192.0.2.31::3260:0:{IQN}"]),
        ({"target_lun": "2"}, [f"iscsi:192.0.2.31::3260:2:{IQN}"]),
        (
            {"target_portals": ["192.0.2.1:3260", "192.0.2.2:3260"], "target_luns": [1, 2]},
            [f"iscsi:192.0.2.1::3260:1:{IQN}", f"iscsi:192.0.2.2::3260:2:{IQN}"],
        ),
        (
            {
                "target_iqn": None,
                "target_iqns": ["iqn.a:1", "iqn.a:2"],
                "target_portals": ["h", "i"],
            },
            ["iscsi:h:::1:iqn.a:1", "iscsi:i:::1:iqn.a:2"],
        ),
    ],
)
def test_addresses(properties: dict[str, Any], urls: list[str]) -> None:
    outcome = run(instance_volume.script(task({**PLAIN, **properties})))
    assert list(outcome.volumes[0].urls) == urls


@pytest.mark.parametrize(
    "properties",
    [
        {"auth_password": "x y"},
        {"auth_password": "a\nshell"},
        {"auth_password": "${mac}"},
        {"auth_password": "#a"},
        {"auth_username": "||"},
        {"auth_username": {"a": 1}},
        {"target_iqn": "iqn.a || shell"},
        {"target_iqn": "iqn.a\nshell"},
        {"target_iqn": "http://other/script"},
        {"target_iqn": ["iqn.a:1", "iqn.b ; shell"], "target_portals": ["h", "i"]},
        {"target_portal": "h ; shell"},
        {"target_portal": "h:1 && shell"},
        {"target_portal": "h:70000"},
        {"target_portal": "${net0/gateway}"},
        {"target_portal": {"a": 1}},
        {"target_lun": "1 ; shell"},
        {"target_lun": -1},
        {"target_lun": True},
        {"target_lun": 65536},
        {"target_lun": "٣"},
    ],
)
def test_nothing_can_insert_a_command(properties: dict[str, Any]) -> None:
    with pytest.raises(exception.InvalidParameterValue) as raised:
        instance_volume.script(task({**CHAP, **properties}))
    assert CHAP["auth_password"] not in str(raised.value)
    assert str(properties.get("auth_password", "-\n-")) not in str(raised.value)


@pytest.mark.parametrize("properties", [{}, None, {"target_iqn": IQN}, {"target_portal": "h"}])
def test_a_volume_that_is_not_attached(properties: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="properties"):
        instance_volume.script(task(properties))


def test_a_wrong_initiator() -> None:
    with pytest.raises(exception.InvalidParameterValue, match="type iqn"):
        instance_volume.script(task(PLAIN, initiator="iqn.a ; shell"))


def test_a_node_without_a_boot_volume() -> None:
    with pytest.raises(exception.InvalidParameterValue, match="boot index 0"):
        instance_volume.script(task())
