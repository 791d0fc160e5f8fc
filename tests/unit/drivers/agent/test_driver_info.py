# SPDX-License-Identifier: Apache-2.0
"""Fields of ``driver_info`` of nodes that were enrolled in Ironic."""

import types
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.agent import boot, driver_info, image


def _node(info: dict[str, Any], **instance_info: Any) -> Any:
    return types.SimpleNamespace(
        uuid="u-1",
        driver_info=info,
        instance_info={"image_source": "http://images/x", **instance_info},
        properties={},
        driver_internal_info={},
        boot_mode=None,
        disable_power_off=False,
    )


PROXIES = {
    "image_http_proxy": "http://proxy:3128",
    "image_https_proxy": "https://proxy:3129",
    "image_no_proxy": "images,.example.org",
}


def test_proxies_are_told_to_the_agent() -> None:
    driver_info.validate(_node(PROXIES))
    told = image.describe(_node(PROXIES))
    assert told["proxies"] == {"http": "http://proxy:3128", "https": "https://proxy:3129"}
    assert told["no_proxy"] == "images,.example.org"
    told = image.describe(_node({"image_http_proxy": "http://proxy:3128"}))
    assert (told["proxies"], "no_proxy" in told) == ({"http": "http://proxy:3128"}, False)


def test_an_instance_chooses_no_proxies() -> None:
    told = image.describe(_node({"image_no_proxy": "images"}, **PROXIES))
    assert not {"proxies", "no_proxy"} & set(told)


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"image_download_source": "http", "agent_verify_ca": True},
        {"image_download_source": "local"},
        {"image_download_source": None, "agent_verify_ca": ""},
        {"agent_verify_ca": "true", "deploy_forces_oob_reboot": "yes"},
    ],
)
def test_what_is_honoured(info: dict[str, Any]) -> None:
    driver_info.validate(_node(info))


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"image_http_proxy": "proxy:3128"}, "^driver_info/image_http_proxy 'proxy:3128' must be"),
        ({"image_https_proxy": 7}, "^driver_info/image_https_proxy must be"),
        ({"image_no_proxy": ["images"]}, "image_no_proxy must be a string"),
        (
            {"image_download_source": "ftp"},
            "driver_info/image_download_source is 'ftp', .*'http'",
        ),
        ({"image_download_source": "swift"}, "image_download_source is 'swift'"),
        ({"agent_verify_ca": False}, "agent_verify_ca is not supported.*Remove"),
        ({"agent_verify_ca": "False"}, "agent_verify_ca is not supported"),
        ({"agent_verify_ca": "/etc/ssl/agents.pem"}, "agent_verify_ca is not supported"),
        ({"deploy_forces_oob_reboot": "perhaps"}, "deploy_forces_oob_reboot must be true or false"),
    ],
)
def test_what_is_refused_by_name(info: dict[str, Any], told: str) -> None:
    with pytest.raises(exception.Invalid, match=told) as refused:
        driver_info.validate(_node(info))
    assert refused.value.code == 400


def test_an_instance_does_not_choose_who_fetches_its_image() -> None:
    with pytest.raises(
        exception.InvalidParameterValue, match="instance_info/image_download_source"
    ):
        driver_info.validate(_node({}, image_download_source="swift"))


@pytest.mark.parametrize("forced", [None, False, True, "true"])
def test_who_powers_the_server_off(monkeypatch: pytest.MonkeyPatch, forced: Any) -> None:
    told: list[str] = []
    agent = types.SimpleNamespace(
        sync=lambda: told.append("sync"), power_off=lambda: told.append("power off")
    )
    monkeypatch.setattr(boot, "AgentClient", lambda _node: agent)
    monkeypatch.setattr(boot, "_wait_for_power_off", lambda _task: None)
    monkeypatch.setattr(boot, "power_off", lambda _task: told.append("BMC"))
    node = _node({"deploy_forces_oob_reboot": forced})
    boot.end_agent(types.SimpleNamespace(node=node, keep_ramdisk_logs=lambda: told.append("logs")))
    assert told == ["logs", "sync", *([] if forced else ["power off"]), "BMC"]
