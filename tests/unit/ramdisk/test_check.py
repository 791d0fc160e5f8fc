# SPDX-License-Identifier: Apache-2.0
"""What the check says of ramdisks, of whatever form and however damaged."""

import itertools
import random
import tracemalloc
from pathlib import Path

import pytest

from ironic_lite.ramdisk.checking import archives as checked
from ironic_lite.ramdisk.checking import flows
from ironic_lite.ramdisk.checking.streams import Budget, Damaged
from ironic_lite.ramdisk.failures import RamdiskError
from tests.unit.ramdisk import archives
from tests.unit.ramdisk.archives import COMPRESSIONS

BURN_IN = {"burn-in"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    directory = tmp_path / "ramdisk"
    directory.mkdir()
    return directory


def lacks(found: checked.Found) -> dict[str, list[str]]:
    return {name: what for name, what in flows.missing(found.ramdisk).items() if what}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression(place: Path, compression: str | None) -> None:
    file = place / "initramfs"
    file.write_bytes(COMPRESSIONS[compression](archives.archive(archives.complete())))
    found = checked.look_into(file)
    assert found.initramfs
    assert found.initramfs.compressions == [compression]
    assert found.ramdisk.agent == "13.0.0"
    assert found.ramdisk.architecture == "x86_64"
    assert set(lacks(found)) == BURN_IN


def test_several_archives_one_after_the_other(place: Path) -> None:
    """As with microcode in front, and overlays behind."""
    files = archives.complete()
    del files["usr/bin/file"]
    parts = [
        archives.archive({"kernel/x86/microcode/AuthenticAMD.bin": b"x" * 1000}),
        bytes(700),
        COMPRESSIONS["zstd"](archives.archive(files)),
        bytes(3),
        COMPRESSIONS["gzip"](archives.archive({"usr/sbin/file": archives.program()})),
        COMPRESSIONS["xz"](archives.archive({"etc/more": b""})),
        archives.archive({"etc/last": b""}),
    ]
    (place / "initramfs").write_bytes(b"".join(parts))
    (place / "kernel").write_bytes(archives.kernel())
    found = checked.look_into(place)
    assert found.initramfs
    assert found.initramfs.compressions == [None, "zstd", "gzip", "xz", None]
    assert {"etc/last", "etc/more"} <= set(found.initramfs.modes)
    assert set(lacks(found)) == {*BURN_IN, "secure boot"}


def test_upstreams_tar_archive(place: Path) -> None:
    file = place / "ipa-centos9-master.tar.gz"
    initramfs = COMPRESSIONS["gzip"](archives.archive(archives.complete()))
    file.write_bytes(
        archives.tar(
            {
                "ipa.sha256": b"0" * 64,
                "ipa-centos9-master.kernel": archives.kernel(),
                "ipa-centos9-master.initramfs": initramfs,
            }
        )
    )
    found = checked.look_into(file)
    assert found.kernel_name == "ipa-centos9-master.kernel"
    assert found.initramfs_name == "ipa-centos9-master.initramfs"
    assert found.kernel
    assert found.kernel.version == archives.VERSION
    assert found.kernel.signer is None
    assert set(lacks(found)) == {*BURN_IN, "secure boot"}


@pytest.mark.parametrize(
    ("gone", "flow", "told"),
    [
        ("usr/bin/file", "partition image, BIOS", "file"),
        ("usr/bin/efibootmgr", "partition image, UEFI", "efibootmgr"),
        ("usr/bin/mdadm", "software RAID", "mdadm"),
        ("usr/bin/qemu-img", "whole-disk image", "qemu-img"),
        ("usr/bin/ipmitool", "BMC address", "ipmitool"),
        ("usr/bin/poweroff", "boot", "poweroff"),
        ("usr/bin/dhcpcd", "boot", "DHCP"),
        ("etc/ipa-rescue-config", "rescue", "/etc/ipa-rescue-config"),
        ("opt/python/ironic_python_agent-13.0.0.dist-info", "boot", "ironic-python-agent"),
        (f"usr/lib/modules/{archives.VERSION}/kernel/raid1.ko.xz", "software RAID", "raid1"),
    ],
)
def test_what_is_missing(place: Path, gone: str, flow: str, told: str) -> None:
    files = archives.complete()
    del files[gone]
    (place / "initramfs").write_bytes(archives.archive(files))
    assert any(told in each for each in lacks(checked.look_into(place))[flow])


def test_a_link_to_nowhere_is_no_program(place: Path) -> None:
    files = archives.complete(**{"usr/bin/file": "/opt/tools/file"})
    (place / "initramfs").write_bytes(archives.archive(files))
    assert "partition image, BIOS" in lacks(checked.look_into(place))
    files["usr/bin/lsblk"] = "../../bin/lsblk"
    (place / "initramfs").write_bytes(archives.archive(files))
    assert "whole-disk image" in lacks(checked.look_into(place))


def test_kernel_and_programs_of_different_architectures(place: Path) -> None:
    files = archives.complete(archives.AARCH64)
    (place / "initramfs").write_bytes(archives.archive(files))
    (place / "kernel").write_bytes(archives.kernel())
    assert "a kernel of the architecture of its programs" in lacks(checked.look_into(place))["boot"]


def test_modules_of_another_kernel(place: Path) -> None:
    (place / "initramfs").write_bytes(archives.archive(archives.complete()))
    (place / "kernel").write_bytes(archives.kernel("5.14.0-1"))
    assert "modules of the kernel's version" in lacks(checked.look_into(place))["boot"]


def test_a_kernel_alone(place: Path) -> None:
    (place / "kernel").write_bytes(archives.kernel())
    assert set(flows.missing(checked.look_into(place / "kernel").ramdisk)) == {"secure boot"}


GOOD = archives.archive(archives.complete())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "neither a kernel nor an initramfs"),
        (b"hello", "neither a kernel nor an initramfs"),
        (b"070707" + bytes(200), "neither a kernel nor an initramfs"),
        (bytes(5000), "empty"),
        (GOOD[:-700], "complete"),
        (COMPRESSIONS["zstd"](GOOD)[:-100], "complete"),
        (COMPRESSIONS["xz"](GOOD)[:-100], "complete"),
        (COMPRESSIONS["gzip"](GOOD)[:-100], "complete"),
        (COMPRESSIONS["gzip"](b"not an archive" * 10), "not an initramfs"),
        (GOOD + b"something else", "not an initramfs"),
        (b"\x02\x21\x4c\x18" + bytes(100), "lz4"),
        (b"070701" + b"F" * 104, "too long"),
        (b"070701" + b"z" * 104, "damaged"),
        (archives.tar({"kernel": archives.kernel()})[:-20], "complete"),
        (archives.tar({"readme": b"x" * 5000}), "neither a kernel nor an initramfs"),
    ],
    # The data holds the time of its making, so it must not be part of the names.
    ids=itertools.count(),
)
def test_bad_files_are_told(place: Path, data: bytes, told: str) -> None:
    file = place / "initramfs"
    file.write_bytes(data)
    with pytest.raises(RamdiskError, match=told):
        checked.look_into(file)


def test_a_missing_file_is_told(place: Path) -> None:
    with pytest.raises(RamdiskError, match="does not exist"):
        checked.look_into(place / "gone")
    with pytest.raises(RamdiskError, match="neither a kernel nor an initramfs"):
        checked.look_into(place)


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_a_small_file_that_unpacks_to_gigabytes(place: Path, compression: str) -> None:
    bomb = COMPRESSIONS[compression](archives.archive({"init": bytes(48 << 20)}))
    file = place / "initramfs"
    file.write_bytes(bomb)
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="no ramdisk does"):
            checked.look_into(file, Budget(size=40 << 20))
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_names_that_lead_elsewhere_are_only_names(place: Path) -> None:
    before = set(place.parent.iterdir())
    files = archives.complete(**{"../escaped": b"x", "/etc/escaped": b"x", "loop": "loop"})
    (place / "initramfs").write_bytes(archives.archive(files))
    assert checked.look_into(place).ramdisk.has_file("etc/escaped")
    assert not checked.look_into(place).ramdisk.has_file("loop/x")
    assert set(place.parent.iterdir()) == before


def test_damage_anywhere_is_told_and_nothing_else_is_raised(place: Path) -> None:
    """Bytes changed at random places: the check answers, or says what is wrong."""
    choice = random.Random(13)
    whole = archives.tar({"a.kernel": archives.kernel(), "a.initramfs": GOOD})
    candidates = [
        GOOD,
        COMPRESSIONS["zstd"](GOOD),
        COMPRESSIONS["xz"](GOOD),
        whole,
        archives.kernel(),
    ]
    file = place / "file"
    refused = 0
    for _ in range(300):
        data = bytearray(choice.choice(candidates))
        for _ in range(choice.randint(1, 8)):
            data[choice.randrange(len(data))] = choice.randrange(256)
        file.write_bytes(data)
        try:
            flows.missing(checked.look_into(file, Budget(size=64 << 20, seconds=30)).ramdisk)
        except RamdiskError:
            refused += 1
    assert 0 < refused < 300
