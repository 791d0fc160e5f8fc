# SPDX-License-Identifier: Apache-2.0
"""Checks of ``[neutron]`` before a conductor starts."""

from collections.abc import Iterable

from ironic_lite.common import openstack_services
from ironic_lite.conf import CONF
from ironic_lite.conf.neutron import GROUP

_BACKED = {"flat", "neutron"}


def problems() -> Iterable[str]:
    """Check that this conductor can connect to Neutron, if an enabled network interface needs it. Asks nobody.

    :raises ConfigInvalid: when openstacksdk or the credentials are missing.
    """
    if _BACKED.intersection(CONF.enabled_network_interfaces):
        openstack_services.connection(GROUP)
    return ()
