# SPDX-License-Identifier: Apache-2.0
"""Network interface for flat networks that the service does not switch."""

from ironic_lite.drivers import refused_fields
from ironic_lite.drivers.interfaces.network import NetworkInterface, Purpose

_NO_SWITCH = refused_fields.Refused(
    "The service does not switch networks for this node; connect it to a network with access to the API, and remove "
    "the field, or set network_interface to flat or neutron."
)
_REFUSED = {purpose.setting: _NO_SWITCH for purpose in Purpose}


class NoopNetwork(NetworkInterface):
    """Leaves every server in its network."""

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(_REFUSED)
