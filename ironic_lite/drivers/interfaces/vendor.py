# SPDX-License-Identifier: Apache-2.0
"""What only one vendor's hardware can do."""

from ironic_lite.drivers.interfaces.base import BaseInterface


class VendorInterface(BaseInterface):
    """Vendor-specific steps."""

    interface_type = "vendor"
