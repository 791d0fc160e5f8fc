# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests without a server."""

import pytest

from ironic_lite.conf import CONF


@pytest.fixture
def set_option():
    """``set_option("name", value, group=None)`` sets an option until the end of the test."""
    changed = []

    def override(name, value, group=None):
        CONF.set_override(name, value, group=group)
        changed.append((name, group))

    if not CONF._args:
        CONF([], project="ironic-lite", default_config_files=[])
    yield override
    for name, group in changed:
        CONF.clear_override(name, group=group)
