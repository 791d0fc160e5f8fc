# SPDX-License-Identifier: Apache-2.0
"""What each release speaks: its RPC version and the versions of its objects.

With ``[DEFAULT] pin_release_version`` set, a process sends what that older release understands. ``CURRENT`` changes with
every bump of an object's ``VERSION`` or of the RPC API; a release freezes a copy of it under its own number.
"""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF

CURRENT: dict[str, Any] = {
    "rpc": "1.0",
    "objects": {"Node": "1.0", "Port": "1.0", "Conductor": "1.0"},
}

RELEASES: dict[str, dict[str, Any]] = {"0.1": CURRENT}


def pinned() -> dict[str, Any]:
    """What this process may send.

    :raises ConfigInvalid: when ``pin_release_version`` names a release that this one cannot speak to.
    """
    release = CONF.pin_release_version
    if not release:
        return CURRENT
    if release not in RELEASES:
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] pin_release_version is '{release}'; this release can be pinned to "
            f"{', '.join(RELEASES)}, or unpinned by leaving it empty."
        )
    return RELEASES[release]
