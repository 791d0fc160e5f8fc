# SPDX-License-Identifier: Apache-2.0
"""The boot mode of a node."""

from typing import Any

from ironic_lite.conf import CONF
from ironic_lite.drivers import capabilities

UEFI = "uefi"


def of(node: Any) -> str:
    """Return the boot mode to use for a node, ``uefi`` or ``bios``.

    The instance's capabilities take precedence, then the node's, then its present mode, then
    ``[deploy] default_boot_mode``.

    :raises InvalidParameterValue: when the capabilities have another boot mode, or are invalid.
    """
    asked = capabilities.get(node, "boot_mode")
    return asked or str(node.boot_mode or CONF.deploy.default_boot_mode)
