# SPDX-License-Identifier: Apache-2.0
"""Invalid key files."""

import os
from pathlib import Path

import pytest

from ironic_lite.common import exception
from ironic_lite.db.encryption.wrapping import local


def test_a_key_is_added_to_a_file_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(exception.ConfigInvalid, match="does not exist"):
        local.add(tmp_path / "absent.key")
    dangling = tmp_path / "dangling.key"
    dangling.symlink_to(tmp_path / "absent.key")
    with pytest.raises(exception.ConfigInvalid, match="does not exist"):
        local.add(dangling)
    assert list(tmp_path.iterdir()) == [dangling]


def test_a_pipe_is_no_key_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.key"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(exception.ConfigInvalid, match="does not hold a key"):
        local.add(pipe)
