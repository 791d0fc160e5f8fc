# SPDX-License-Identifier: Apache-2.0
"""The roles of processes: what a start checks, and what a process does, depends on its role."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Role:
    """The role of a process.

    :param listens: the process opens the API's port itself.
    """

    api: bool = False
    conductor: bool = False
    listens: bool = False


ROLES = {
    "up": Role(api=True, conductor=True, listens=True),
    "api": Role(api=True, listens=True),
    "conductor": Role(conductor=True),
}
"""The roles of the processes that commands start."""
