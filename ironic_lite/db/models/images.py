# SPDX-License-Identifier: Apache-2.0
"""The images in the store, and the machines that hold their bytes."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, STATE, UUID, belongs_to, column, identity, table
from ironic_lite.db.types import FailureText, JSONDict, JSONList

IMAGES = table(
    "images",
    identity(),
    column("name", NAME, nullable=False),
    # Empty, and not NULL, for an image of nobody: names are unique for each owner.
    column("owner", NAME, nullable=False, default=""),
    column("public", sa.Boolean, nullable=False, default=False),
    column("status", STATE, nullable=False, default="queued"),
    column("last_error", FailureText),
    column("disk_format", STATE),
    column("image_type", STATE),
    column("size", sa.BigInteger),
    column("virtual_size", sa.BigInteger),
    column("min_disk", sa.Integer),
    column("sha256", sa.String(64)),
    column("sha512", sa.String(128)),
    column("cpu_arch", STATE),
    column("firmware", JSONList, secret=None),
    column("kernel", UUID),
    column("ramdisk", UUID),
    column("default_for", JSONList, secret=None),
    column("properties", JSONDict),
    column("source", sa.Text),
    column("upload_host", NAME),
    column("upload_url", sa.Text),
    sa.UniqueConstraint("owner", "name"),
)
"""One file each. ``size`` and ``virtual_size`` are in bytes, ``min_disk`` is in GiB. ``kernel`` and ``ramdisk`` are the
UUIDs of other images. ``default_for`` has ``deploy`` and ``rescue``. ``source`` is the URL that the image came from,
without secrets. The machine ``upload_host`` gets the bytes."""

IMAGE_LOCATIONS = table(
    "image_locations",
    belongs_to("images", "image_id"),
    column("host", NAME, nullable=False, index=True),
    column("url", sa.Text, nullable=False),
    sa.UniqueConstraint("image_id", "host"),
)
"""The machines that hold an image, with the URL of an API process there. ``updated_at`` is when such a process has last
said that it is alive, by the database server's clock."""
