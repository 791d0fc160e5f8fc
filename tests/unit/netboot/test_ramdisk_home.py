# SPDX-License-Identifier: Apache-2.0
"""``sudo ironic-lite up --provision`` finds the ramdisk that the same person has built without sudo."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ironic_lite.cmd import provisioning_ramdisk
from ironic_lite.conf import CONF


@pytest.fixture
def default_place() -> Iterator[None]:
    CONF.set_override("state_path", "~/.local/state/ironic-lite")
    yield
    CONF.clear_override("state_path")


@pytest.mark.usefixtures("default_place")
def test_the_ramdisk_of_who_called_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, user = tmp_path / "root", tmp_path / "user"
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwuid", lambda _number: SimpleNamespace(pw_dir=str(user)))
    below = ".local/state/ironic-lite/ramdisks"
    assert provisioning_ramdisk.home() == user / below
    own = root / below / "x86_64"
    own.mkdir(parents=True)
    (own / "manifest.json").touch()
    assert provisioning_ramdisk.home() == root / below
    monkeypatch.delenv("SUDO_UID")
    (own / "manifest.json").unlink()
    assert provisioning_ramdisk.home() == root / below
