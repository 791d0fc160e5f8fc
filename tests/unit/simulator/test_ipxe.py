# SPDX-License-Identifier: Apache-2.0
"""iPXE scripts."""

import asyncio

import pytest

from ironic_lite_simulator import ipxe

BASE = "http://boot/boot/52-54-00-00-00-01"
SETTINGS = {"mac": "52:54:00:00:00:01", "uuid": "u-1"}


def run(script: str, files: dict[str, bytes] | None = None) -> ipxe.Outcome:
    """Run a script where the given files exist."""
    have = {BASE: script.encode(), **(files or {})}

    async def fetch(url: str) -> bytes:
        if url not in have:
            raise ipxe.FetchError(f"{url} answered 404")
        return have[url]

    async def download(url: str) -> int:
        return len(await fetch(url))

    return asyncio.run(ipxe.Firmware(SETTINGS, fetch, download).run(BASE))


FILES = {"http://f/k": b"k", "http://f/i": b"ii"}


def test_kernel_initrd_boot() -> None:
    outcome = run(
        "#!ipxe\n# a comment\nkernel http://f/k a=1 BOOTIF=${mac:hexhyp} m=${net0/mac}\n"
        "initrd --name ramdisk http://f/i\nboot\n",
        FILES,
    )
    assert outcome.action == "boot"
    assert outcome.kernel == ipxe.BootFile(
        "http://f/k", "a=1 BOOTIF=52-54-00-00-00-01 m=52:54:00:00:00:01", 1
    )
    assert [i.size for i in outcome.initrds] == [2]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("exit\n", "exit"),
        ("exit 0\n", "exit"),
        ("echo nothing\n", "exit"),
        ("kernel http://f/none || goto failed\nboot\n:failed\nsleep 0\nreboot\n", "reboot"),
        ("sanboot --no-describe\n", "disk"),
        ("sanboot --no-describe --drive 0x80\n", "disk"),
        ("sanboot --no-describe http://f/k\n", "iso"),
        ("sanboot http://f/none || goto failed\n:failed\nreboot\n", "reboot"),
        ("chain http://f/none && exit ||\nsanboot\n", "disk"),
        ("dhcp || goto x\n:x\nexit\n", "exit"),
        ("kernel http://f/none ; sanboot # || exit\n", "disk"),
        ("echo a;b || exit\nsanboot\n", "disk"),
        ("kernel http://f/none || goto failed\nboot\n:failed\nexit\n", "exit"),
        ("kernel http://f/none || kernel http://f/k || exit\nboot\n", "boot"),
        ("isset ${nothing} && sanboot ||\nexit\n", "exit"),
        ("iseq ${uuid} u-1 && sanboot ||\nexit\n", "disk"),
        ("set a:int32 1\ninc a\niseq ${a} 2 && sanboot || exit\n", "disk"),
        ("kernel http://f/k \\\n  quiet\nboot\n", "boot"),
    ],
)
def test_flow(text: str, action: str) -> None:
    assert run("#!ipxe\n" + text, FILES).action == action


def test_a_relative_chain() -> None:
    files = {"http://boot/boot/other": b"#!ipxe\nsanboot\n"}
    assert run("#!ipxe\nchain other\n", files).action == "disk"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("kernel x\n", "first line"),
        ("#!ipxe\n:again\ngoto again\n", "did not end"),
        ("#!ipxe\ngoto nowhere\n", "No such label"),
        ("#!ipxe\nboot\n", "without a kernel"),
        ("#!ipxe\nkernel\n", "file name is missing"),
        ("#!ipxe\nsleep long\n", "Wrong number"),
        (f"#!ipxe\nchain {BASE}\n", "chained"),
        ("#!ipxe\nshell\n", "does not know the command"),
    ],
)
def test_wrong_scripts(text: str, error: str) -> None:
    with pytest.raises(ipxe.ScriptError, match=error):
        run(text)


def test_an_empty_kernel() -> None:
    with pytest.raises(ipxe.FetchError, match="empty"):
        run("#!ipxe\nkernel http://f/e\nboot\n", {"http://f/e": b""})


def test_kernel_parameters() -> None:
    assert ipxe.kernel_parameters("quiet ipa-api-url=http://a:1/?b=c x=") == {
        "quiet": "",
        "ipa-api-url": "http://a:1/?b=c",
        "x": "",
    }
