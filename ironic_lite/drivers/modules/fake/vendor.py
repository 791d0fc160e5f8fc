# SPDX-License-Identifier: Apache-2.0
"""Vendor interface of a server that does not exist."""

from ironic_lite.drivers.interfaces.vendor import VendorInterface
from ironic_lite.drivers.modules.unconfigured import Unconfigured


class FakeVendor(Unconfigured, VendorInterface):
    """Nothing special."""
