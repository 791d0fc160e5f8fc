# SPDX-License-Identifier: Apache-2.0
"""What virtual machines boot; built once, and kept."""

from pathlib import Path

import pytest

from ironic_lite_simulator.disk_image import build


@pytest.fixture(scope="session")
def whole_disk_image() -> Path:
    """A whole-disk image that boots to a login, with a BIOS and with UEFI."""
    return build.whole_disk(build.cache_directory())
