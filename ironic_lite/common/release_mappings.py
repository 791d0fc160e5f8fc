# SPDX-License-Identifier: Apache-2.0
"""The releases, with their versions of RPC and objects.

During a rolling upgrade ``[DEFAULT] pin_release_version`` is the older release that still runs on some hosts; new
processes then send its versions. The versions of objects follow from the releases that added their columns
(``since=``) and methods (``CHANGED``): see ``objects.base``. docs/developing.md says what a release fixes.
"""

import dataclasses

from ironic_lite.common import exception
from ironic_lite.conf import CONF


@dataclasses.dataclass(frozen=True)
class Release:
    """The versions of one release.

    :param rpc: version of the conductor's RPC surface.
    """

    rpc: str


RELEASES: dict[str, Release] = {
    "0.1": Release(rpc="1.5"),
}
"""Every release that can run together with this one, the oldest first. The last one is this release."""


def pinned_name() -> str | None:
    """Return the release whose versions are sent; None for this one.

    :raises ConfigInvalid: ``pin_release_version`` is not a known release.
    """
    name: str | None = CONF.pin_release_version
    if name is not None and name not in RELEASES:
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] pin_release_version is '{name}'; known releases: "
            f"{', '.join(RELEASES)}"
        )
    return name


def pinned() -> Release | None:
    """What the release of :func:`pinned_name` speaks; raises as that does."""
    name = pinned_name()
    return None if name is None else RELEASES[name]


def first() -> str:
    return next(iter(RELEASES))


def newest() -> str:
    return next(reversed(RELEASES))


def after(release: str, other: str) -> bool:
    """Whether ``release`` came later than ``other``.

    :raises ValueError: there is no such release.
    """
    return _place(release) > _place(other)


def _place(release: str) -> int:
    if release not in RELEASES:
        raise ValueError(f"There is no release '{release}' in RELEASES: {', '.join(RELEASES)}.")
    return list(RELEASES).index(release)
