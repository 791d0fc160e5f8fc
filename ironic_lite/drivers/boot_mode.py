# SPDX-License-Identifier: Apache-2.0
"""Which boot mode a node asks for."""

from typing import Any

from ironic_lite.conf import CONF
from ironic_lite.drivers import capabilities

UEFI = "uefi"


def of(node: Any) -> str:
    """The boot mode to use for a node, ``uefi`` or ``bios``.

    The instance's capabilities come first, then the node's, then the mode it is known to be in, then
    ``[deploy] default_boot_mode``.

    :raises InvalidParameterValue: when the capabilities name another boot mode, or are not readable.
    """
    asked = capabilities.get(node, "boot_mode")
    return asked or str(node.boot_mode or CONF.deploy.default_boot_mode)
