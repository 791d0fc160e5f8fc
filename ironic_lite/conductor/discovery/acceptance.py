# SPDX-License-Identifier: Apache-2.0
"""The acceptance of discovered servers: their node has been verified, so somebody has their BMC under control."""

from ironic_lite.common import discovery
from ironic_lite.objects.node import Node


def accepted(node: Node) -> None:
    """Record that a discovered server is under the operator's control. The caller saves the node."""
    found = discovery.of(node.driver_internal_info)
    if found.get("state") != discovery.WAITING:
        return
    node.set_driver_internal_info(discovery.KEY, {**found, "state": discovery.ACCEPTED})
    if node.description and node.description.endswith(discovery.WAITS):
        node.description = f"Discovered at {found.get('at')}"
