# SPDX-License-Identifier: Apache-2.0
"""What a build leaves out, packs and refuses, without Debian's tools."""

import errno
import io
import os
import tarfile
from pathlib import Path

import pytest

from ironic_lite.ramdisk import (
    agent_packages,
    builder,
    contents,
    locking,
    manifest,
    overlay,
    system,
)
from ironic_lite.ramdisk.checking import archives as checked
from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.recipe import ARCHITECTURES, Recipe
from tests.unit.ramdisk import archives
from tests.waiting import wait_for

RECIPE = Recipe(ARCHITECTURES["x86_64"])
STATUS = b"Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n\nPackage: file\nVersion: 1:5.46\n"


def system_archive(target: Path, **more: bytes) -> None:
    """What the package manager would have made."""
    files = {
        "./var/lib/dpkg/status": STATUS,
        "./ramdisk-build/kernel-package": b"linux-image-6.12-amd64 6.12-3\n",
        f"./boot/vmlinuz-{archives.VERSION}": archives.kernel(),
        "./usr/share/doc/bash/README": b"read me",
        "./usr/bin/perl5.40": archives.program(),
        "./usr/bin/file": archives.program(),
        "./init": b"#!/bin/sh\n",
        **more,
    }
    with tarfile.open(target, "w") as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            made.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("./usr/bin/awk")
        link.type, link.linkname = tarfile.SYMTYPE, "mawk"
        made.addfile(link)


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's tools and pip, replaced by ones that need no network."""

    def make(_recipe: Recipe, _additions: Path, archive: Path, _cache: Path, _log: Path) -> None:
        system_archive(archive)

    def install(_recipe: Recipe, directory: Path, _log: Path) -> None:
        (directory / "agent").mkdir(parents=True)
        (directory / "agent" / "__init__.py").write_text("")

    monkeypatch.setattr(system, "tool", lambda: "mmdebstrap")
    monkeypatch.setattr(system, "make", make)
    monkeypatch.setattr(agent_packages, "install", install)


def build(directory: Path, recipe: Recipe = RECIPE) -> manifest.Manifest:
    return builder.build(recipe, directory, directory.parent / "cache", lambda _line: None)


def test_a_build(tools: None, tmp_path: Path) -> None:
    made = build(tmp_path / "x86_64")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x86_64"]
    assert made == manifest.read(tmp_path / "x86_64")
    assert list(manifest.built(tmp_path)) == [tmp_path / "x86_64"]
    assert made.debian == {"bash": "5.2-1", "file": "1:5.46", "linux-image-6.12-amd64": "6.12-3"}
    assert made.kernel == archives.VERSION
    found = checked.look_into(tmp_path / "x86_64")
    assert found.initramfs
    names = set(found.initramfs.modes)
    assert {"init", "usr/bin/file", "usr/bin/awk", "dev/console"} <= names
    assert not {
        name
        for name in names
        if name.startswith(("boot", "usr/share/doc", "var/lib/dpkg", "usr/bin/perl"))
    }


def test_equal_packages_make_equal_files(tools: None, tmp_path: Path) -> None:
    first, second = build(tmp_path / "one"), build(tmp_path / "two")
    assert first.sha256 == second.sha256
    assert locking.differences(first, second) == []


def test_what_differs_from_the_lock_is_told(
    tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(tmp_path / "one")
    status = STATUS.replace(b"5.2-1", b"5.2-2")
    monkeypatch.setattr(
        system,
        "make",
        lambda _r, _a, archive, _c, _l: system_archive(
            archive, **{"./var/lib/dpkg/status": status, "./usr/bin/file": b"new"}
        ),
    )
    lock = locking.read(tmp_path / "one", RECIPE.architecture)
    assert lock == first
    told = locking.differences(lock, build(tmp_path / "two"))
    assert told == ["bash: 5.2-2 instead of 5.2-1"]
    with pytest.raises(RamdiskError, match="x86_64, not for aarch64"):
        locking.read(tmp_path / "one" / "manifest.json", ARCHITECTURES["aarch64"])


def test_a_failed_build_leaves_the_former_ramdisk_and_a_log(
    tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "x86_64")
    before = (tmp_path / "x86_64" / "initramfs").read_bytes()

    def fail(_recipe: Recipe, _add: Path, archive: Path, _cache: Path, log: Path) -> None:
        archive.write_bytes(b"half")
        log.write_text("E: oops\n")
        raise RamdiskError("oops")

    monkeypatch.setattr(system, "make", fail)
    with pytest.raises(RamdiskError, match="oops"):
        build(tmp_path / "x86_64")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["x86_64", "x86_64.log"]
    assert (tmp_path / "x86_64" / "initramfs").read_bytes() == before


def test_a_full_disk_is_told_before_and_meanwhile(
    tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(system, "make", full)
    with pytest.raises(RamdiskError, match="full.*--output"):
        build(tmp_path / "x86_64")
    monkeypatch.setattr(builder, "_NEEDED", 1 << 60)
    with pytest.raises(RamdiskError, match="full.*--output"):
        build(tmp_path / "x86_64")
    assert [each.name for each in tmp_path.iterdir()] == ["x86_64.log"]


def test_another_directory_is_not_replaced(tools: None, tmp_path: Path) -> None:
    precious = tmp_path / "home"
    precious.mkdir()
    (precious / "thesis").write_text("")
    with pytest.raises(RamdiskError, match="not replaced"):
        build(precious)
    assert (precious / "thesis").exists()


def test_two_builds_in_one_place_are_refused(
    tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(*_args: object) -> None:
        build(tmp_path / "x86_64")

    monkeypatch.setattr(system, "make", again)
    with pytest.raises(RamdiskError, match="Another build"):
        build(tmp_path / "x86_64")


def test_what_a_killed_build_has_left_is_removed(tools: None, tmp_path: Path) -> None:
    left = tmp_path / ".x86_64.building" / "system"
    left.mkdir(parents=True)
    (left / "file").write_text("")
    build(tmp_path / "x86_64")
    assert [each.name for each in tmp_path.iterdir()] == ["x86_64"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("E: Failed to fetch http://x  Could not resolve 'deb.debian.org'", "deb.debian.org"),
        ("tar: x: Cannot write: No space left on device", "disk is full"),
        ("E: Unable to locate package emacs-for-servers", "emacs-for-servers"),
        ("E: The repository is not signed.", "debian-archive-keyring"),
        ("E: something new", "something new"),
    ],
)
def test_the_tools_errors_are_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    program = tmp_path / "mmdebstrap"
    program.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 25\n')
    program.chmod(0o755)
    monkeypatch.setattr(system, "_SYSTEM_PATH", str(tmp_path))
    monkeypatch.setattr(system, "KEYRING", program)
    log = tmp_path / "log"
    with pytest.raises(RamdiskError, match=told) as failed:
        system.make(RECIPE, tmp_path / "a.tar", tmp_path / "s.tar", tmp_path / "cache", log)
    assert str(log) in failed.value.message


def test_a_build_that_takes_too_long_ends_with_all_that_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mmdebstrap"
    program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! >{tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(system, "_SYSTEM_PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(system, "KEYRING", program)
    monkeypatch.setattr(system, "_PATIENCE", 1)
    child = tmp_path / "child"
    with pytest.raises(RamdiskError, match="took more than"):
        system.make(RECIPE, tmp_path / "a", tmp_path / "s", tmp_path / "cache", tmp_path / "log")

    def gone() -> bool:
        state = Path(f"/proc/{child.read_text().strip()}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"

    wait_for(gone, "the child to end")


def test_missing_tools_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(system, "_SYSTEM_PATH", str(tmp_path))
    with pytest.raises(RamdiskError, match="apt-get install mmdebstrap debian-archive-keyring"):
        system.tool()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"hello", "not a certificate"),
        (b"-----BEGIN PRIVATE KEY-----", "private key"),
    ],
)
def test_files_that_are_no_certificates_are_refused(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "given"
    if content is not None:
        file.write_bytes(content)
    (tmp_path / "python").mkdir()
    recipe = Recipe(ARCHITECTURES["x86_64"], certificates=(file,))
    with pytest.raises(RamdiskError, match=told):
        overlay.write(recipe, tmp_path / "python", tmp_path / "additions.tar")


def test_what_is_added(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pub", tmp_path / "ca.pem"
    key.write_text("ssh-ed25519 AAAA me")
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "python").mkdir()
    recipe = Recipe(ARCHITECTURES["x86_64"], certificates=(certificate,), ssh_keys=(key,))
    overlay.write(recipe, tmp_path / "python", tmp_path / "additions.tar")
    with tarfile.open(tmp_path / "additions.tar") as archive:
        modes = {each.name: each.mode for each in archive}
        assert {each.uid for each in archive} == {0}
    assert (
        modes["init"]
        == modes["usr/lib/ramdisk/agent"]
        == modes["usr/bin/ironic-python-agent"]
        == 0o755
    )
    assert modes["root/.ssh/authorized_keys"] == 0o600
    assert modes["usr/local/share/ca-certificates/given-0.crt"] == 0o644
    assert recipe.options == {"certificates": ["ca.pem"], "ssh_keys": ["key.pub"]}


def test_the_lock_becomes_preferences(tmp_path: Path) -> None:
    locked = {"bash": "5.2-1", "linux-image-6.12-amd64": "6.12-3"}
    recipe = Recipe(ARCHITECTURES["x86_64"], lock=locked)
    assert "Package: bash\nPin: version 5.2-1\nPin-Priority: 1001\n" in recipe.preferences
    assert recipe.locked_kernel == "linux-image-6.12-amd64=6.12-3"
    assert (RECIPE.preferences, RECIPE.locked_kernel) == ("", "")


@pytest.mark.parametrize(
    ("recipe", "name", "there"),
    [
        (RECIPE, "usr/lib/x86_64-linux-gnu/libicudata.so.76", False),
        (
            Recipe(ARCHITECTURES["x86_64"], packages=("fio",)),
            "usr/lib/x86_64-linux-gnu/libicudata.so.76",
            True,
        ),
        (RECIPE, "usr/lib/python3/dist-packages/pbr/tests/test.py", False),
        (RECIPE, "usr/lib/python3/dist-packages/pbr/testing.py", True),
        (RECIPE, "var/cache/apt/archives/x.deb", False),
        (RECIPE, "var/cache", True),
        (RECIPE, "usr/share/docs-of-mine", True),
    ],
)
def test_what_is_left_out(tmp_path: Path, recipe: Recipe, name: str, there: bool) -> None:
    system_archive(tmp_path / "system.tar", **{f"./{name}": b"x"})
    with contents.System(tmp_path / "system.tar") as made:
        assert (name in {each.name for each in made.entries(recipe)}) == there
