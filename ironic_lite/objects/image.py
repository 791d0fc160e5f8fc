# SPDX-License-Identifier: Apache-2.0
"""The images in the store."""

from collections.abc import Sequence
from typing import Any

from ironic_lite.db import images
from ironic_lite.objects import base
from ironic_lite.objects.record import Record

Row = dict[str, Any]

QUEUED, UPLOADING, ACTIVE, REMOVING, FAILED = "queued", "uploading", "active", "removing", "failed"

HOLDER_PATIENCE = 180.0
"""Seconds after which a machine whose API processes have not said that they are alive counts as gone."""


@base.register
class Image(Record):
    """Known by its UUID. Its bytes are on the machines of ``locations``."""

    REPOSITORY = images.images

    @base.remotable
    def activate(self, host: str, url: str) -> None:
        """Write the changed fields, and that this machine holds the bytes, in one transaction.

        :param url: of the API process.
        :raises ConcurrentUpdate: when the image is not uploaded any more.
        """
        self.status = ACTIVE
        self.along(lambda connection, _read: images.put_location(connection, self.id, host, url))
        self.save(expected={"status": UPLOADING})

    @base.remotable
    def add_location(self, host: str, url: str) -> None:
        """Note that this machine holds the bytes too."""
        self.along(lambda connection, _read: images.put_location(connection, self.id, host, url))
        self.save()

    @base.remotable
    def remove_location(self, host: str) -> None:
        """Note that this machine does not hold the bytes any more."""
        images.remove_location(self.id, host)

    @base.remotable
    def locations(self) -> Sequence[Row]:
        """Return the machines that hold the bytes, the first one first.

        :returns: ``[{"host", "url", "alive", "seen_at"}]``; ``seen_at`` is when an API process of the machine has last
            said that it is alive, in ISO 8601.
        """
        return images.locations(self.id, HOLDER_PATIENCE)

    @classmethod
    @base.remotable
    def touch_locations(cls, context: Any, host: str, url: str) -> None:
        """Note that the API process at this URL of a machine is alive."""
        images.touch_locations(host, url)

    @classmethod
    @base.remotable
    def held_by(cls, context: Any, host: str) -> Sequence[str]:
        """Return the UUIDs of the images that a machine holds by the records."""
        return images.held_by(host)
