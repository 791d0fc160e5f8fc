# SPDX-License-Identifier: Apache-2.0
"""Boot scripts, and values that must never get into one."""

import asyncio
import types
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import context, exception
from ironic_lite.common.outbound import checking
from ironic_lite.drivers import api_address
from ironic_lite.drivers.modules.pxe import boot, kernel_args
from ironic_lite_simulator import ipxe

MAC = "52:54:00:00:00:01"


async def _no_file(url: str) -> Any:
    raise ipxe.FetchError(url)


_FIRMWARE = ipxe.Firmware({"mac": MAC}, _no_file, _no_file)


class Node(types.SimpleNamespace):
    """The attributes of a node that the boot interface uses."""

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
        owner=None,
        lessee=None,
        properties={},
        operation="o-1",
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
    storage = types.SimpleNamespace(boot_volume=lambda _task: None)
    return types.SimpleNamespace(
        node=node,
        ports=[object()],
        driver=types.SimpleNamespace(
            management=management,
            deploy=deploy,
            storage=storage,
            network=types.SimpleNamespace(offers_boot_options=False),
        ),
        devices=devices,
        context=context.RequestContext(auth_disabled=True),
        set_boot_device=lambda device, persistent=False: devices.append((device, persistent)),
    )


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Replace the network: every file exists, except those for which a test sets another status."""
    statuses: dict[str, int] = {}
    monkeypatch.setattr(checking, "_ask", lambda _method, url, *_args: (statuses.get(url, 200), {}))
    return statuses


@pytest.fixture(autouse=True)
def endpoint(set_option: Callable[..., None]) -> None:
    set_option("public_endpoint", "http://192.0.2.1:6385/", group="api")
    set_option("kernel_append_params", "nofb quiet", group="pxe")


def test_the_ramdisk_then_the_disk() -> None:
    task, interface = _task(), boot.IPXEBoot()
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    interface.prepare_ramdisk(task, {"ipa-debug": "1"})
    # Saved before the server is powered on.
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
    # While an operation needs the agent, the server boots the agent's ramdisk.
    interface.prepare_ramdisk(task, {})
    assert "deploy ramdisk" in interface.boot_script(task, MAC)
    interface.clean_up_ramdisk(task)
    assert "instance's ramdisk" in interface.boot_script(task, MAC)
    interface.clean_up_instance(task)
    assert interface.boot_script(task, MAC).splitlines()[-1] == "exit"
    assert task.devices == [("pxe", True), ("pxe", False)]


def test_an_iso_image() -> None:
    task = _ramdisk_task(boot_iso="https://images/x.iso")
    boot.IPXEBoot().prepare_instance(task)
    assert "\nsanboot --no-describe https://images/x.iso ||" in boot.IPXEBoot().boot_script(
        task, MAC
    )
    assert task.devices == [("pxe", True)]


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({}, "names none"),
        ({"kernel": "http://images/k"}, "instance_info/ramdisk is missing"),
        ({"ramdisk": "http://images/r"}, "instance_info/kernel is missing"),
        ({**FILES, "boot_iso": "http://images/x.iso"}, "as well as kernel and ramdisk"),
        ({"boot_iso": "http://images/x.iso || shell"}, "boot_iso contains a blank"),
        ({**FILES, "kernel": "tftp://h/k"}, "instance_info/kernel"),
        ({**FILES, "ramdisk_kernel_arguments": "a ; shell"}, "ramdisk_kernel_arguments"),
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
    task.node.driver_info["kernel_append_params"] = ""
    assert "/kernel ipa-api-url" in boot.IPXEBoot().boot_script(task, MAC)


@pytest.mark.parametrize(
    "state", ["deploying", "deploywait", "cleaning", "rescuing", "rescue wait"]
)
def test_an_instance_has_no_part_in_the_agents_kernel_arguments(state: str) -> None:
    """A lessee can set an instance's arguments, and could use them to get into the ramdisk with the agent's token."""
    task = _task({"rescue_kernel": "http://images/rk", "rescue_ramdisk": "http://images/rr"})
    task.node.provision_state = state
    before = _script(task)
    task.node.instance_info = {
        "kernel_append_params": "init=/bin/sh",
        "ramdisk_kernel_arguments": "init=/bin/sh",
        "capabilities": {"init": "/bin/sh"},
        "deploy_kernel": "http://evil/k",
        "rescue_kernel": "http://evil/k",
        "kernel": "http://evil/k",
        "ramdisk": "http://evil/r",
        "boot_iso": "http://evil/iso",
    }
    assert _script(task) == before
    task.node.instance_info["kernel_append_params"] = ["nonsense"]
    assert _script(task) == before


def _script(task: Any) -> str:
    boot.IPXEBoot().validate(task)
    boot.IPXEBoot().prepare_ramdisk(task, {})
    return boot.IPXEBoot().boot_script(task, MAC)


def test_kernel_arguments_of_an_instance_in_memory() -> None:
    """The instance's arguments override those of the node, which override the configured ones."""
    task = _ramdisk_task(**FILES)
    boot.IPXEBoot().prepare_instance(task)
    assert "/k root=/dev/ram0 text nofb quiet initrd" in boot.IPXEBoot().boot_script(task, MAC)
    task.node.driver_info["kernel_append_params"] = "theirs"
    assert "/k root=/dev/ram0 text theirs initrd" in boot.IPXEBoot().boot_script(task, MAC)
    task.node.instance_info["kernel_append_params"] = "own %default%"
    assert "/k root=/dev/ram0 text own nofb quiet initrd" in boot.IPXEBoot().boot_script(task, MAC)
    task.node.instance_info["kernel_append_params"] = "a || shell"
    with pytest.raises(exception.InvalidParameterValue, match="instance_info/kernel_append_params"):
        boot.IPXEBoot().validate_instance_ramdisk(task.node)


def test_arguments_for_inspections_only(set_option: Callable[..., None]) -> None:
    set_option("extra_kernel_params", 'nomodeset console=ttyS0 console=tty0 a="b c"', "inspector")
    task = _task()
    assert "nomodeset" not in _script(task)
    for state in ("inspecting", "inspect wait"):
        task.node.provision_state = state
        assert '/kernel nofb quiet nomodeset console=ttyS0 console=tty0 a="b c" ipa-api' in _script(
            task
        )


HARMLESS = [
    "a b=c,d:e",
    'sshkey="ssh-ed25519 AAAAC3Nz/a+b== user@host"',
    "ds=nocloud-net;s=http://192.0.2.1/?a=1&b=2",
    "ds=nocloud;h=x ip=dhcp",
    "url=http://h/p?a=1&b=2&&c",
    "rootpwd=$1$salt$abc./d rootpw=$6$x$y $HOME $ $$ {a} }",
    '"quoted name=x y" last',
    "a='b' c=`d` e\\f g|h i||j k&&l m#n o;p <q> r~!*()[]^%_-",
    'empty="" x=""y',
    'module.dyndbg="file a.c +p;; x" y',
    "name=J\u00fcrgen",
    "BOOTIF=$mac",
    "a - -- --b",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_arguments_reach_the_kernel_as_they_are(text: str) -> None:
    """The arguments after iPXE's parsing of the script are the requested ones."""
    task = _task({"kernel_append_params": text})
    line = next(each for each in _script(task).splitlines() if each.startswith("kernel"))
    first, *others = ipxe.parse(f"#!ipxe\n{line}").lines[0]
    assert [each.words for each in others] == [("goto", "failed")]
    told = " ".join(_FIRMWARE.expand(w) for w in first.words)
    assert told == (
        f"kernel --name kernel http://images/kernel {text} ipa-api-url=http://192.0.2.1:6385 "
        f"BOOTIF={MAC} initrd=ramdisk"
    )


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("a\nchain http://evil", "line break"),
        ("a\rshell", "line break"),
        ("a\u2028b", "line break"),
        ("a\u0085b", "line break"),
        ("a\x0bb", "line break"),
        ("a\x00b", "control character"),
        ("a\u00a0b", "control character"),
        ("a || shell", "the end of the command"),
        ("a && shell", "the end of the command"),
        ("a ; shell", "the end of the command"),
        ('a="b || shell"', "the end of the command"),
        ('a="b && shell"', "the end of the command"),
        ('a="b ; shell"', "the end of the command"),
        ("||", "the end of the command"),
        ("a\t||\tshell", "the end of the command"),
        ("a #b", "a comment"),
        ("#", "a comment"),
        ('a="b #c"', "a comment"),
        ("${net0/mac}", "a variable"),
        ("a=$${x}", "a variable"),
        ("a=${", "a variable"),
        ('a="b  c"', "several blanks by one"),
        ('a="b c', "a double quote that is not closed"),
        ("x" * 5000, "longer than"),
        (["a"], "must be text"),
        (7, "must be text"),
        ({}, "must be text"),
        (False, "must be text"),
    ],
)
def test_kernel_arguments_that_ipxe_would_take_for_its_own(
    set_option: Callable[..., None], argument: Any, problem: str
) -> None:
    task = _task({"kernel_append_params": argument})
    with pytest.raises(exception.InvalidParameterValue, match=problem):
        boot.IPXEBoot().validate(task)
    task.node.driver_internal_info = {"ramdisk_params": {}}
    with pytest.raises(exception.InvalidParameterValue, match=problem):
        boot.IPXEBoot().boot_script(task, MAC)
    if not isinstance(argument, str):
        return
    for name, group in (("kernel_append_params", "pxe"), ("extra_kernel_params", "inspector")):
        set_option(name, argument, group=group)
        (told,) = kernel_args.problems()
        assert told.startswith(f"[{group}] {name} ")
        assert problem in told
        set_option(name, "", group=group)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/vmlinuz",
        "tftp://h/k",
        "/var/lib/kernel",
        "http:///k",
        "http://h/k || shell",
        "http://h/k\nshell",
        "http://h/${uuid}",
        "http://h:0x/k",
        "http://h\\@evil/k",
        "http://127.1/k",
        "http://h/\u00fc",
        7,
    ],
)
def test_urls_that_cannot_stand_in_a_script(url: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="driver_info/deploy_kernel"):
        boot.IPXEBoot().validate(_task({"deploy_kernel": url}))


@pytest.mark.parametrize(
    "name", ["deploy_kernel", "deploy_ramdisk", "rescue_kernel", "rescue_ramdisk"]
)
def test_files_that_are_not_there_are_told_before_anything_boots(
    asked: dict[str, int], name: str
) -> None:
    task = _task({"rescue_kernel": "http://images/rk", "rescue_ramdisk": "http://images/rr"})
    interface = boot.IPXEBoot()
    interface.validate(task)
    interface.validate_rescue(task)
    url = task.node.driver_info[name] = "http://user:secret@images/nosuch"
    asked[url] = 404
    validate = interface.validate_rescue if name.startswith("rescue") else interface.validate
    with pytest.raises(
        exception.ImageRefValidationFailed, match=f"driver_info/{name} '.*nosuch' .* status 404"
    ) as failed:
        validate(task)
    assert (failed.value.code, "secret" in str(failed.value)) == (400, False)
    # The service must not check images for a boot script, because the server waits for it.
    task.node.driver_internal_info = {"ramdisk_params": {}}
    interface.boot_script(task, MAC)


def test_an_adopted_instance_is_only_taken_note_of(asked: dict[str, int]) -> None:
    task, interface = _task(), boot.IPXEBoot()
    task.node.driver_info = {}
    interface.adopt_instance(task)
    assert task.node.driver_internal_info == {}
    task = _ramdisk_task(**FILES)
    asked.update(dict.fromkeys(FILES.values(), 404))
    interface.adopt_instance(task)
    assert "instance's ramdisk" in interface.boot_script(task, MAC)
    assert task.devices == []
    with pytest.raises(exception.InvalidParameterValue, match="names none"):
        interface.adopt_instance(_ramdisk_task())


def test_ramdisks_of_the_configuration(set_option: Callable[..., None]) -> None:
    """A node's own come first, then those of its architecture, then those for all nodes; never one of each."""
    task, interface = _task(), boot.IPXEBoot()
    own = task.node.driver_info
    for kind in ("deploy", "rescue"):
        for part in ("kernel", "ramdisk"):
            set_option(f"{kind}_{part}", f"http://all/{kind}-{part}", group="conductor")
    for part in ("kernel", "ramdisk"):
        by_arch = {"aarch64": f"http://arm/{part}"}
        set_option(f"deploy_{part}_by_arch", by_arch, group="conductor")

    def booted() -> list[str]:
        words = _script(task).split()
        return [word for word in words if word.endswith(("kernel", "ramdisk")) and "://" in word]

    task.node.driver_info = {}
    assert booted() == ["http://all/deploy-kernel", "http://all/deploy-ramdisk"]
    task.node.properties = {"cpu_arch": "aarch64"}
    assert booted() == ["http://arm/kernel", "http://arm/ramdisk"]
    task.node.provision_state = "rescuing"
    interface.validate_rescue(task)
    assert booted() == ["http://all/rescue-kernel", "http://all/rescue-ramdisk"]
    task.node.provision_state = "deploying"
    task.node.driver_info = {"deploy_kernel": own["deploy_kernel"]}
    with pytest.raises(exception.MissingParameterValue, match="driver_info/deploy_ramdisk is"):
        interface.validate(task)
    task.node.driver_info = {**own, "deploy_ramdisk": "https://images/ramdisk"}
    assert booted() == ["http://images/kernel", "https://images/ramdisk"]


def test_half_a_ramdisk_of_the_configuration(set_option: Callable[..., None]) -> None:
    assert list(kernel_args.ramdisk_problems()) == []
    set_option("deploy_kernel", "http://all/kernel", group="conductor")
    set_option("rescue_kernel_by_arch", {"aarch64": "/srv/kernel"}, group="conductor")
    problems = list(kernel_args.ramdisk_problems())
    assert [problem.partition(" is ")[0] for problem in problems[:1]] == [
        "[conductor] deploy_ramdisk"
    ]
    assert "[conductor] rescue_kernel_by_arch for aarch64" in problems[1]
    task = _task()
    task.node.driver_info = {}
    with pytest.raises(exception.MissingParameterValue, match=r"\[conductor\] deploy_ramdisk is"):
        boot.IPXEBoot().validate(task)


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
    assert api_address.url() == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0::0"])
def test_an_api_on_all_addresses_has_to_say_which(
    set_option: Callable[..., None], host: str
) -> None:
    set_option("public_endpoint", None, group="api")
    set_option("host_ip", host, group="api")
    with pytest.raises(exception.InvalidParameterValue, match="public_endpoint"):
        api_address.url()


def test_arguments_are_read_one_by_one() -> None:
    assert kernel_args.parse("  a  b=c,d:e ", "x") == ["a", "b=c,d:e"]


def _booted(script: str, missing: str) -> tuple[ipxe.Outcome, list[str]]:
    """Run a script whose file ``missing`` is not there; return its outcome, and what was requested."""
    requested: list[str] = []

    async def fetch(url: str) -> bytes:
        requested.append(url)
        return script.encode()

    async def download(url: str) -> int:
        requested.append(url)
        if url == missing:
            raise ipxe.FetchError(url, ipxe.NOT_FOUND)
        return 1

    return asyncio.run(ipxe.Firmware({"mac": MAC}, fetch, download).run("http://boot")), requested


@pytest.mark.parametrize(
    ("part", "missing"),
    [("kernel", "http://images/kernel"), ("ramdisk", "https://images/ramdisk?v=2&x=1")],
)
def test_a_script_reports_what_does_not_load_and_asks_for_another(
    part: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipxe, "MAX_SLEEP", 0.0)
    task, interface = _task(), boot.IPXEBoot()
    interface.prepare_ramdisk(task, {})
    script = interface.boot_script(task, MAC)
    outcome, requested = _booted(script, missing)
    own = "http://192.0.2.1:6385/boot/52-54-00-00-00-01"
    report = f"{own}/failed?part={part}&error=2d0c613b"
    assert outcome.action == "reboot"
    assert requested.count(report) == 5
    assert requested.count(own) == 4
    outcome, requested = _booted(script, "http://images/none")
    assert outcome.action == "boot" and len(outcome.initrds) == 1
    assert not any("/failed" in url for url in requested)


def test_an_iso_image_that_does_not_boot_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipxe, "MAX_SLEEP", 0.0)
    task = _ramdisk_task(boot_iso="https://images/x.iso")
    boot.IPXEBoot().prepare_instance(task)
    script = boot.IPXEBoot().boot_script(task, MAC)
    outcome, requested = _booted(script, "https://images/x.iso")
    assert outcome.action == "reboot"
    assert requested[-1].endswith("/boot/52-54-00-00-00-01/failed?part=iso&error=2d0c613b")
