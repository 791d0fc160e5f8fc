# SPDX-License-Identifier: Apache-2.0
"""Keys and records with secrets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.conf import CONF
from tests.functional.db.encryption.raw_contents import DRIVE, SECRET, URL, forget_keys


@pytest.fixture
def key_file(tmp_path: Path) -> Iterator[Path]:
    """Where the wrapping key is, for the length of one test."""
    file = tmp_path / "test.key"
    CONF.set_override("key_file", str(file), group="encryption")
    yield file
    CONF.clear_override("key_file", group="encryption")


@pytest.fixture
def own_keys(database: str, key_file: Path) -> Iterator[Path]:
    """A database without keys; other tests get it without keys of this one."""
    forget_keys()
    yield key_file
    forget_keys()


@pytest.fixture
def node(admin: Any, database: str) -> objects.Node:
    made = objects.Node(
        admin,
        driver="ipmi",
        driver_info={"ipmi_address": "10.0.0.1", "ipmi_password": SECRET, "port": 623},
        instance_info={"image_source": URL, "configdrive": DRIVE, "capabilities": {"a": "b"}},
        extra={"notes": [{"token": SECRET}], "seen": True},
    )
    made.create()
    return made


@pytest.fixture
def other(admin: Any, node: objects.Node) -> objects.Node:
    made = objects.Node(admin, driver="ipmi", driver_info={"ipmi_password": "of the other", "a": 1})
    made.create()
    return made
