# SPDX-License-Identifier: Apache-2.0
"""Boot scripts, and what must never get into one."""

import types
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.pxe import boot, kernel_args

MAC = "52:54:00:00:00:01"


class Node(types.SimpleNamespace):
    """Only what the boot interface touches."""

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def del_driver_internal_info(self, key: str) -> None:
        self.driver_internal_info.pop(key, None)

    def save(self) -> None:
        self.saved = dict(self.driver_internal_info)


def _task(driver_info: dict[str, Any] | None = None, **more: Any) -> Any:
    devices: list[tuple[str, bool]] = []
    node = Node(
        uuid="u-1",
        driver_info={
            "deploy_kernel": "http://images/kernel",
            "deploy_ramdisk": "https://images/ramdisk?v=2&x=1",
            **(driver_info or {}),
        },
        instance_info={},
        driver_internal_info={},
        provision_state="deploying",
        **more,
    )
    management = types.SimpleNamespace(get_supported_boot_devices=lambda _task: ["pxe", "disk"])
    deploy = types.SimpleNamespace(boots_ramdisk=False)
    return types.SimpleNamespace(
        node=node,
        ports=[object()],
        driver=types.SimpleNamespace(management=management, deploy=deploy),
        devices=devices,
        set_boot_device=lambda device, persistent=False: devices.append((device, persistent)),
    )


@pytest.fixture(autouse=True)
def endpoint(set_option: Callable[..., None]) -> None:
    set_option("public_endpoint", "http://192.0.2.1:6385/", group="api")
    set_option("kernel_append_params", "nofb quiet", group="pxe")


def test_the_ramdisk_then_the_disk() -> None:
    task, interface = _task(), boot.IPXEBoot()
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    interface.prepare_ramdisk(task, {"ipa-debug": "1"})
    # On record before the server is powered on.
    assert "ramdisk_params" in task.node.saved
    script = interface.boot_script(task, MAC)
    assert script.startswith("#!ipxe\n")
    assert (
        "\nkernel --name kernel http://images/kernel nofb quiet ipa-debug=1 "
        "ipa-api-url=http://192.0.2.1:6385 BOOTIF=${mac} initrd=ramdisk || goto failed\n"
    ) in script
    assert "\ninitrd --name ramdisk https://images/ramdisk?v=2&x=1 || goto failed\n" in script
    interface.prepare_instance(task)
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    assert task.devices == [("pxe", False), ("disk", True)]


def _ramdisk_task(**instance_info: Any) -> Any:
    task = _task()
    task.driver.deploy.boots_ramdisk = True
    task.node.instance_info = instance_info
    return task


FILES = {"kernel": "http://images/k", "ramdisk": "http://images/r"}


def test_an_instance_in_memory() -> None:
    task = _ramdisk_task(**FILES, ramdisk_kernel_arguments="splash")
    interface = boot.IPXEBoot()
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    interface.prepare_instance(task)
    assert "instance_ramdisk" in task.node.saved
    script = interface.boot_script(task, MAC)
    assert "/k root=/dev/ram0 text splash nofb quiet initrd=ramdisk || goto failed\n" in script
    # While an operation needs the agent, it comes first.
    interface.prepare_ramdisk(task, {})
    assert "deploy ramdisk" in interface.boot_script(task, MAC)
    interface.clean_up_ramdisk(task)
    assert "instance's ramdisk" in interface.boot_script(task, MAC)
    interface.clean_up_instance(task)
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    assert task.devices == [("pxe", True), ("pxe", False)]


def test_an_iso_image_for_one_boot() -> None:
    task = _ramdisk_task(boot_iso="https://images/x.iso")
    task.node.driver_info["force_persistent_boot_device"] = "Never"
    boot.IPXEBoot().prepare_instance(task)
    assert "\nsanboot --no-describe https://images/x.iso ||" in boot.IPXEBoot().boot_script(
        task, MAC
    )
    assert task.devices == [("pxe", False)]


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({}, "names none"),
        ({"kernel": "http://images/k"}, "instance_info/ramdisk is missing"),
        ({"ramdisk": "http://images/r"}, "instance_info/kernel is missing"),
        ({**FILES, "boot_iso": "http://images/x.iso"}, "as well as kernel and ramdisk"),
        ({"boot_iso": "http://images/x.iso || shell"}, "boot_iso has characters"),
        ({**FILES, "kernel": "file:///k"}, "instance_info/kernel"),
        ({**FILES, "ramdisk_kernel_arguments": "a; shell"}, "ramdisk_kernel_arguments"),
    ],
)
def test_what_cannot_be_an_instance_in_memory(info: dict[str, Any], error: str) -> None:
    task = _ramdisk_task(**info)
    with pytest.raises(exception.InvalidParameterValue, match=error):
        boot.IPXEBoot().prepare_instance(task)
    assert task.devices == []


def test_own_kernel_arguments() -> None:
    task = _task({"kernel_append_params": "console=ttyS0 %default%"})
    boot.IPXEBoot().prepare_ramdisk(task, {})
    assert "/kernel console=ttyS0 nofb quiet ipa-api-url" in boot.IPXEBoot().boot_script(task, MAC)
    task.node.instance_info = {"kernel_append_params": ""}
    assert "/kernel ipa-api-url" in boot.IPXEBoot().boot_script(task, MAC)


@pytest.mark.parametrize(
    "argument",
    [
        "a\nchain http://evil",
        "a\rshell",
        "a || shell",
        "a && shell",
        "a; shell",
        "${net0/mac}",
        "a\\",
        'a="b c"',
        "`id`",
        "a\tb",
        "a\x00b",
        "a#b",
        "x" * 5000,
        ["a"],
        7,
    ],
)
def test_kernel_arguments_that_could_be_commands(argument: Any) -> None:
    for where in ("driver_info", "instance_info"):
        task = _task()
        getattr(task.node, where)["kernel_append_params"] = argument
        with pytest.raises(exception.InvalidParameterValue, match="kernel_append_params|argument"):
            boot.IPXEBoot().validate(task)
        task.node.driver_internal_info = {"ramdisk_params": {}}
        with pytest.raises(exception.InvalidParameterValue):
            boot.IPXEBoot().boot_script(task, MAC)


@pytest.mark.parametrize(
    "url",
    [
        "file:///vmlinuz",
        "tftp://h/k",
        "/var/lib/kernel",
        "http:///k",
        "http://h/k || shell",
        "http://h/k\nshell",
        "http://h/${uuid}",
        "http://h/a&&b",
        "http://h:0x/k",
        7,
    ],
)
def test_urls_that_cannot_stand_in_a_script(url: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="driver_info/deploy_kernel"):
        boot.IPXEBoot().validate(_task({"deploy_kernel": url}))


def test_what_is_missing_is_named() -> None:
    with pytest.raises(exception.MissingParameterValue, match="deploy_ramdisk"):
        boot.IPXEBoot().validate(_task({"deploy_ramdisk": None}))
    task = _task()
    task.ports = []
    with pytest.raises(exception.MissingParameterValue, match="port"):
        boot.IPXEBoot().validate(task)


@pytest.mark.parametrize(
    ("host", "url"),
    [("192.0.2.7", "http://192.0.2.7:6385"), ("2001:db8::1", "http://[2001:db8::1]:6385")],
)
def test_where_the_api_is(set_option: Callable[..., None], host: str, url: str) -> None:
    set_option("public_endpoint", None, group="api")
    set_option("host_ip", host, group="api")
    assert boot.api_url() == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_api_on_all_addresses_has_to_say_which(
    set_option: Callable[..., None], host: str
) -> None:
    set_option("public_endpoint", None, group="api")
    set_option("host_ip", host, group="api")
    with pytest.raises(exception.InvalidParameterValue, match="public_endpoint"):
        boot.api_url()


def test_arguments_are_read_one_by_one() -> None:
    assert kernel_args.parse("  a  b=c,d:e ", "x") == ["a", "b=c,d:e"]
