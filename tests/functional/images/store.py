# SPDX-License-Identifier: Apache-2.0
"""The command ``ironic-lite image``, and files for it."""

import subprocess
import sys
from pathlib import Path

from ironic_lite_simulator import images
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE

SCRIPT = Path(sys.executable).with_name("ironic-lite")


class Store:
    """The store of a service, as an operator uses it."""

    def __init__(self, service: Deployment, directory: Path) -> None:
        self.service = service
        self.directory = directory
        self.files = Path(service.directory) / "all-in-one.state" / "images"

    def command(self, *arguments: object) -> tuple[int, str]:
        """Run it; returns exit status and output."""
        done = self.start(*arguments)
        said, _ = done.communicate(timeout=PATIENCE)
        return done.returncode, said

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start it."""
        return subprocess.Popen(
            [SCRIPT, "image", *map(str, arguments), "--api", self.service.api_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def add(self, *arguments: object) -> str:
        """``image add``, which must succeed; returns what it said."""
        status, said = self.command("add", *arguments)
        assert status == 0, f"{said}\n{self.service.logs()}"
        return said

    def file(self, name: str) -> Path:
        """One of the rack's images, as a file."""
        path = self.directory / name
        path.write_bytes(images.catalog()[name].content)
        return path
