# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite ramdisk check`` of a file on a web server."""

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.functional.agent.images import image_server
from tests.unit.ramdisk import archives
from tests.waiting import PATIENCE

SCRIPT = Path(sys.executable).with_name("ironic-lite")


def check(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [SCRIPT, "ramdisk", "check", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def test_an_archive_of_a_web_server(tmp_path: Path) -> None:
    """It answers as for the same file on the disk."""
    for name, content in (
        ("ipa.kernel", archives.kernel()),
        ("ipa.initramfs", archives.archive(archives.complete())),
    ):
        (tmp_path / name).write_bytes(content)
    packed = tmp_path / "ipa.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        for name in ("ipa.kernel", "ipa.initramfs"):
            archive.add(tmp_path / name, name)
    with image_server() as served:
        served.files["/ipa.tar.gz"] = packed.read_bytes()
        served.files["/half.tar.gz"] = packed.read_bytes()[:-100]
        by_url = check(f"{served.url}/ipa.tar.gz")
        assert by_url == check(str(packed))
        assert "agent 13.0.0" in by_url[1]
        status, said = check(f"{served.url}/half.tar.gz")
        assert (status, "/half.tar.gz cannot be used" in said) == (1, True), said
        status, said = check(f"{served.url}/nosuch")
        assert (status, "answers 404" in said) == (1, True), said
