# SPDX-License-Identifier: Apache-2.0
"""Storage interface for servers with local disks only."""

from ironic_lite.drivers.interfaces.storage import StorageInterface


class NoopStorage(StorageInterface):
    """Attaches no volumes; images are written to the local disk."""
