# SPDX-License-Identifier: Apache-2.0
"""Network interface ``flat``: all servers are in one network, and Neutron changes no switch."""

from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.modules.network.backed import NeutronBacked


class FlatNetwork(NeutronBacked):
    """Serves a server by Neutron's DHCP. It is deployed, rescued and serviced in the network of its VIFs."""

    tells_links = False
    own_networks = frozenset({Purpose.CLEANING, Purpose.INSPECTION})
