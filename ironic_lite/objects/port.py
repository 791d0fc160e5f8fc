# SPDX-License-Identifier: Apache-2.0
"""The port: a network interface of a node. The port group: several ports that are used as one."""

from ironic_lite.db import ports
from ironic_lite.objects import base
from ironic_lite.objects.record import OfNode


@base.register
class Port(OfNode):
    """Fields as Ironic's; ``node_uuid`` and ``portgroup_uuid`` follow from the ids."""

    REPOSITORY = ports.ports


@base.register
class Portgroup(OfNode):
    """Fields as Ironic's; ``node_uuid`` follows from ``node_id``."""

    REPOSITORY = ports.portgroups
