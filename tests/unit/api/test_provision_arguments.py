# SPDX-License-Identifier: Apache-2.0
"""The arguments of the provision verbs."""

import time

import pytest

from ironic_lite.api.controllers.v1 import provision_arguments
from ironic_lite.common import exception


def test_a_config_drive_that_is_none_is_refused_in_no_time() -> None:
    drive = "QUJD" + " " * 100_000 + "!"
    before = time.thread_time()
    with pytest.raises(exception.Invalid, match="neither a JSON, nor a URL, nor a base64 string"):
        provision_arguments.check(115, "active", {"configdrive": drive})
    assert time.thread_time() - before < 2


@pytest.mark.parametrize("drive", ["QUJD", "QUJ=", "QU==\n", "QU JD\n \n"])
def test_config_drives_in_base64(drive: str) -> None:
    assert provision_arguments.check(115, "active", {"configdrive": drive}) == {
        "configdrive": drive
    }
