# SPDX-License-Identifier: Apache-2.0
"""Options that a test overrides have their defaults again in the next test."""

import pytest

from ironic_lite.conf import CONF


@pytest.mark.parametrize("test", ["first", "second"])
def test_what_a_test_overrides_ends_with_it(test: str) -> None:
    assert CONF.conductor.graceful_shutdown_timeout != 3
    CONF.set_override("graceful_shutdown_timeout", 3, group="conductor")
    CONF.clear()
    CONF([], project="test", default_config_files=[])
    assert CONF.conductor.graceful_shutdown_timeout == 3, "clear() leaves overrides as they are"
