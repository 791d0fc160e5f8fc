# SPDX-License-Identifier: Apache-2.0
"""The documentation's table of timeouts agrees with the options and the states."""

import pathlib

from ironic_lite.common import states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor.operations import wait_timeouts
from ironic_lite.conf import CONF
from tools import timeouts_page


def test_the_page_is_up_to_date() -> None:
    page = pathlib.Path(__file__).parents[3] / "docs" / "timeouts.md"
    assert page.read_text() == timeouts_page.page(), (
        "run: python -m tools.timeouts_page > docs/timeouts.md"
    )


def test_every_wait_has_a_bound() -> None:
    for state in provision_states.names(Kind.WAITING):
        assert wait_timeouts.patience(state), state


def test_no_wait_has_none_that_was_not_asked_for() -> None:
    assert wait_timeouts.patience(states.ACTIVE) is None
    CONF.set_override("deploy_callback_timeout", 0, group="conductor")
    try:
        assert wait_timeouts.patience(states.DEPLOYWAIT) is None
    finally:
        CONF.clear_override("deploy_callback_timeout", group="conductor")
