# SPDX-License-Identifier: Apache-2.0
"""Which versions of RPC and objects each release speaks.

During a rolling upgrade ``[DEFAULT] pin_release_version`` names the older release that still runs somewhere; new
processes then send in its versions.
"""

import dataclasses

from ironic_lite.common import exception
from ironic_lite.conf import CONF


@dataclasses.dataclass(frozen=True)
class Release:
    """The versions of one release.

    :param rpc: version of the conductor's RPC surface.
    :param objects: ``{object: version}``.
    :param encrypts: it reads secrets that are encrypted in the database.
    """

    rpc: str
    objects: dict[str, str]
    encrypts: bool = False


RELEASES: dict[str, Release] = {
    "0.1": Release(rpc="1.0", objects={"Node": "1.0", "Port": "1.0", "Conductor": "1.0"}),
    "0.2": Release(
        rpc="1.1",
        objects={
            "Allocation": "1.0",
            "BIOSSetting": "1.0",
            "Chassis": "1.0",
            "Conductor": "1.0",
            "DeployTemplate": "1.0",
            "FirmwareComponent": "1.0",
            "InspectionRule": "1.0",
            "Node": "1.1",
            "NodeHistory": "1.0",
            "NodeInventory": "1.0",
            "Port": "1.1",
            "Portgroup": "1.0",
            "Runbook": "1.0",
            "VolumeConnector": "1.0",
            "VolumeTarget": "1.0",
        },
    ),
    "0.3": Release(
        rpc="1.2",
        objects={
            "Allocation": "1.0",
            "BIOSSetting": "1.0",
            "Chassis": "1.0",
            "Conductor": "1.0",
            "DeployTemplate": "1.0",
            "FirmwareComponent": "1.0",
            "InspectionRule": "1.0",
            "Node": "1.2",
            "NodeHistory": "1.0",
            "NodeInventory": "1.0",
            "NodeJournal": "1.0",
            "Notification": "1.0",
            "Port": "1.1",
            "Portgroup": "1.0",
            "ReceivedInventory": "1.0",
            "Runbook": "1.0",
            "VolumeConnector": "1.0",
            "VolumeTarget": "1.0",
        },
    ),
    "0.4": Release(
        rpc="1.3",
        objects={
            "Allocation": "1.0",
            "BIOSSetting": "1.0",
            "Chassis": "1.0",
            "Conductor": "1.0",
            "DeployTemplate": "1.0",
            "FirmwareComponent": "1.0",
            "InspectionRule": "1.0",
            "Node": "1.3",
            "NodeHistory": "1.0",
            "NodeInventory": "1.0",
            "NodeJournal": "1.0",
            "Notification": "1.0",
            "Port": "1.1",
            "Portgroup": "1.0",
            "ReceivedInventory": "1.0",
            "Runbook": "1.0",
            "VolumeConnector": "1.0",
            "VolumeTarget": "1.1",
        },
        encrypts=True,
    ),
}
"""Every release that this one can run beside, the newest last."""


def pinned() -> Release | None:
    """The release that ``pin_release_version`` names; None when nothing is pinned.

    :raises ConfigInvalid: when there is no such release.
    """
    name = CONF.pin_release_version
    if name is None:
        return None
    try:
        return RELEASES[name]
    except KeyError:
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] pin_release_version is '{name}'; known releases: "
            f"{', '.join(RELEASES)}"
        ) from None
