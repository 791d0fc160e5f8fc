# SPDX-License-Identifier: Apache-2.0
"""Keeps the directory of the images and their records in step, whatever was interrupted, and says that this machine is
alive.

Of several API processes of a machine one looks at the directory at a time.
"""

import contextlib
import datetime
import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from oslo_utils import uuidutils

from ironic_lite.api.image_store import copies, peer
from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.images.store import files
from ironic_lite.objects.image import ACTIVE, FAILED, QUEUED, REMOVING, UPLOADING, Image

LOG = logging.getLogger(__name__)

_LOCK = ".keeper"
_REMOVAL_PATIENCE = 120.0
"""Seconds after which a removal that has not ended was interrupted."""
_STOP_PATIENCE = 5.0


class Keeper:
    """Runs in a thread of its own while the service runs."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="image-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(_STOP_PATIENCE)

    def _run(self) -> None:
        while True:
            try:
                look_after()
            except exception.IronicLiteError as exc:
                LOG.debug("The image store is looked after later: %s", exc.message)
            except Exception:
                LOG.exception("The image store could not be looked after")
            if self._stopping.wait(CONF.image_store.check_interval):
                return


def look_after() -> None:
    """Look once; nothing to do while this machine has no images."""
    if not files.directory().is_dir():
        return
    context = ironic_context.admin_context()
    Image.touch_locations(context, CONF.host, peer.url())
    with _only_one() as is_mine:
        if is_mine:
            _tidy(context)


@contextlib.contextmanager
def _only_one() -> Iterator[bool]:
    """Context manager: whether no other process looks at the directory."""
    descriptor = os.open(files.directory() / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _tidy(context: Any) -> None:
    listed = [each for each in files.listed() if uuidutils.is_uuid_like(each[0])]
    # Read after the directory: a record is there before its file is.
    records = {
        each.uuid: each
        for each in Image.list(context, filters={"uuid_in": [each[0] for each in listed]})
    }
    held = set(Image.held_by(context, CONF.host))
    for uuid, is_complete, about in listed:
        image = records.get(uuid)
        if image is None:
            _remove(uuid, is_complete, "its record is gone")
        elif image.status in (ACTIVE, REMOVING):
            _check_held(image, is_complete, uuid in held)
        elif time.time() - about.st_mtime > CONF.image_store.upload_lifetime:
            _remove(uuid, is_complete, "its upload does not go on")
    for uuid in held - {uuid for uuid, is_complete, _ in listed if is_complete}:
        _note_loss(context, uuid)
    _tidy_records(context)


def _remove(uuid: str, is_complete: bool, why: str) -> None:
    """Remove a file that nobody is writing."""
    if is_complete:
        files.remove(uuid)
    elif not files.remove_part(uuid):
        return
    LOG.info("What was there of image %s is removed: %s", uuid, why)


def _check_held(image: Image, is_complete: bool, is_known: bool) -> None:
    if not is_complete:
        _remove(image.uuid, False, "another machine has received it whole")
    elif not is_known:
        # Somebody has copied it here.
        with contextlib.suppress(copies.Damaged):
            file = copies.opened(image.uuid, f"sha256:{image.sha256}")
            if file is not None:
                file.close()
                image.add_location(CONF.host, peer.url())


def _note_loss(context: Any, uuid: str) -> None:
    with contextlib.suppress(exception.NotFound):
        image = Image.get(context, uuid)
        if not files.path_of(uuid).exists():
            LOG.error(
                "The file %s of image %s is gone; servers cannot get it from this machine",
                files.path_of(uuid),
                image.name,
            )
            image.remove_location(CONF.host)


def _tidy_records(context: Any) -> None:
    lifetime = CONF.image_store.upload_lifetime
    for status in (QUEUED, UPLOADING, FAILED):
        for image in Image.list(context, filters={"status": status}):
            mine = image.upload_host in (None, CONF.host)
            if mine and _age(image) > lifetime and not files.received(image.uuid):
                _destroy(image)
    for image in Image.list(context, filters={"status": REMOVING}):
        if _age(image) > _REMOVAL_PATIENCE:
            # The process that was to remove it has ended before it did.
            image.status = ACTIVE
            with contextlib.suppress(exception.NotFound, exception.ConcurrentUpdate):
                image.save(expected={"status": REMOVING})


def _destroy(image: Image) -> None:
    with contextlib.suppress(exception.NotFound):
        image.destroy()
        LOG.info("Image %s (%s) is removed: nobody has sent its bytes", image.uuid, image.name)


def _age(image: Image) -> float:
    """Return the seconds since the last change of the record."""
    changed: datetime.datetime = image.updated_at or image.created_at
    return (datetime.datetime.now(datetime.UTC) - changed).total_seconds()
