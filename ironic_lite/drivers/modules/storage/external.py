# SPDX-License-Identifier: Apache-2.0
"""Storage interface ``external``: somebody else attaches the volumes and writes the targets' properties."""

from ironic_lite.drivers.modules.storage.remote import RemoteStorage


class ExternalStorage(RemoteStorage):
    """Boots from a volume; attaches and detaches nothing."""
