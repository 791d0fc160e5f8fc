# SPDX-License-Identifier: Apache-2.0
"""How long a node may wait for its agent, by provision state."""

from ironic_lite.common import states
from ironic_lite.conf import CONF

WAITS = {
    states.DEPLOYWAIT: "deploy_callback_timeout",
    states.CLEANWAIT: "clean_callback_timeout",
    states.INSPECTWAIT: "inspect_wait_timeout",
    states.RESCUEWAIT: "rescue_callback_timeout",
    states.SERVICEWAIT: "service_callback_timeout",
}
"""Wait state -> option of ``[conductor]`` with its timeout: the seconds without a heartbeat."""


def patience(state: str | None) -> int | None:
    """Return the timeout of a wait state in seconds; None when it has none."""
    option = WAITS.get(state or "")
    return (getattr(CONF.conductor, option) or None) if option else None
