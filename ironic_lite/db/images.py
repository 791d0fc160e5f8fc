# SPDX-License-Identifier: Apache-2.0
"""The rows of images, and of the machines that hold their bytes."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.db import engine, errors, retry
from ironic_lite.db.models import IMAGE_LOCATIONS, IMAGES
from ironic_lite.db.repository import Repository
from ironic_lite.db.types import server_time_ago

Row = dict[str, Any]


class _Images(Repository):
    def translate_violation(self, error: exc.IntegrityError, values: Row) -> Exception:
        if errors.violated_columns(error, IMAGES.name) == "owner_name":
            return exception.Conflict(
                f"An image named {values['name']} already exists; remove it first, or give the new one another name."
            )
        return super().translate_violation(error, values)


images = _Images(
    IMAGES,
    "image",
    exception.ImageNotFound,
    filters={
        "usable_by": lambda project: sa.or_(
            IMAGES.c.owner == project, IMAGES.c.public.is_(sa.true())
        ),
    },
)


def put_location(connection: sa.Connection, image_id: int, host: str, url: str) -> None:
    """Note, within a transaction, that a machine holds an image."""
    this = sa.and_(IMAGE_LOCATIONS.c.image_id == image_id, IMAGE_LOCATIONS.c.host == host)
    values = {"url": url, "updated_at": server_time_ago(0)}
    if connection.execute(sa.update(IMAGE_LOCATIONS).where(this).values(values)).rowcount:
        return
    connection.execute(
        sa.insert(IMAGE_LOCATIONS).values(
            image_id=image_id, host=host, created_at=server_time_ago(0), **values
        )
    )


@retry.on_transient_error
def remove_location(image_id: int, host: str) -> None:
    """See ``Image.remove_location``."""
    this = sa.and_(IMAGE_LOCATIONS.c.image_id == image_id, IMAGE_LOCATIONS.c.host == host)
    with engine.writer() as connection:
        connection.execute(sa.delete(IMAGE_LOCATIONS).where(this))


@retry.on_transient_error
def locations(image_id: int, patience: float) -> list[Row]:
    """See ``Image.locations``."""
    columns = IMAGE_LOCATIONS.c
    is_alive = columns.updated_at >= server_time_ago(patience)
    statement = (
        sa.select(columns.host, columns.url, is_alive.label("alive"), columns.updated_at)
        .where(columns.image_id == image_id)
        .order_by(columns.id)
    )
    with engine.reader() as connection:
        found = connection.execute(statement).mappings().all()
    return [
        {
            "host": row["host"],
            "url": row["url"],
            "alive": bool(row["alive"]),
            "seen_at": row["updated_at"].isoformat(),
        }
        for row in found
    ]


@retry.on_transient_error
def touch_locations(host: str, url: str) -> None:
    """See ``Image.touch_locations``."""
    statement = (
        sa.update(IMAGE_LOCATIONS)
        .where(IMAGE_LOCATIONS.c.host == host)
        .values(url=url, updated_at=server_time_ago(0))
    )
    with engine.writer() as connection:
        connection.execute(statement)


@retry.on_transient_error
def held_by(host: str) -> list[str]:
    """See ``Image.held_by``."""
    statement = (
        sa.select(IMAGES.c.uuid)
        .join(IMAGE_LOCATIONS, IMAGE_LOCATIONS.c.image_id == IMAGES.c.id)
        .where(IMAGE_LOCATIONS.c.host == host)
        .order_by(IMAGES.c.id)
    )
    with engine.reader() as connection:
        return [uuid for (uuid,) in connection.execute(statement)]
