# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that need no server."""

import pytest

from ironic_lite.conf import CONF


@pytest.fixture
def set_option():
    """``set_option("name", value, group=None)``: an option, for the length of one test."""
    changed = []

    def override(name, value, group=None):
        CONF.set_override(name, value, group=group)
        changed.append((name, group))

    if not CONF._args:
        CONF([], project="ironic-lite", default_config_files=[])
    yield override
    for name, group in changed:
        CONF.clear_override(name, group=group)
