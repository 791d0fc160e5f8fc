# SPDX-License-Identifier: Apache-2.0
"""Receives the bytes of an image, in one request or in several ones.

A part of an image that was cut off stays on the disk, and the next request continues behind it. The checksums are those
of all bytes, so what is there already is read again first.
"""

import logging
import os
import re
import threading
from typing import Any, BinaryIO

from ironic_lite.api import bodies
from ironic_lite.api.image_store import copies, peer
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.images.store import files, layout
from ironic_lite.images.store.content import Content, Facts, Refused
from ironic_lite.objects.image import ACTIVE, FAILED, REMOVING, UPLOADING, Image

LOG = logging.getLogger(__name__)

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_CHUNK = 1024 * 1024
_GIB = 1024**3
_ROOM_CHECKED_EVERY = 64 * 1024 * 1024


class WrongOffset(exception.Conflict):
    template = (
        "The next byte of image %(image)s is number %(offset)d, counted from 0, and the request begins at %(start)d. "
        "GET the upload, and go on from its offset."
    )


class TooLarge(exception.IronicLiteError):
    code = 413
    template = "The image has %(size)d bytes; the store takes up to %(most)d ([image_store] max_image_size)."


class TooManyUploads(exception.TemporaryFailure):
    template = "This API process receives %(most)d images already ([image_store] max_uploads); retry in a moment."


class NotByThisServer(exception.IronicLiteError):
    code = 501
    template = (
        "This API process runs in another web server, which can neither receive images nor send them to servers; use "
        "one that 'ironic-lite api' or 'ironic-lite up' has started."
    )


class UploadRefused(exception.Invalid):
    template = "Image %(image)s is refused: %(reason)s."


class _Places:
    """The places for uploads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self) -> None:
        """:raises TooManyUploads: all are taken."""
        most = CONF.image_store.max_uploads
        with self._lock:
            if self._taken >= most:
                raise TooManyUploads(most=most)
            self._taken += 1

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


_PLACES = _Places()


class _Kept:
    """What is known of the images that arrive in several requests, so that each byte is read once if all goes well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, tuple[copies.Mark, Content]] = {}

    def keep(self, uuid: str, part: BinaryIO, content: Content) -> None:
        with self._lock:
            self._of.pop(uuid, None)
            self._of[uuid] = copies.mark(part), content
            while len(self._of) > CONF.image_store.max_uploads:
                del self._of[next(iter(self._of))]

    def take(self, uuid: str, part: BinaryIO) -> Content | None:
        """Return what was kept; None if there is nothing, or the part has changed since."""
        with self._lock:
            mark, content = self._of.pop(uuid, (None, None))
        return content if mark == copies.mark(part) else None


_KEPT = _Kept()


class Span:
    """The bytes of the image that a request sends.

    :ivar start: the number of the first byte.
    :ivar total: bytes of the whole image; None: the end of this request is its end.
    """

    def __init__(self, content_range: str | None, length: int | None):
        """:raises Invalid: the header ``Content-Range`` is wrong."""
        self.start, self.total = 0, length
        if content_range is None:
            return
        found = _RANGE.fullmatch(content_range.strip())
        if found is None:
            raise exception.Invalid("Content-Range must have the form 'bytes FIRST-LAST/TOTAL'.")
        self.start, last, self.total = (int(number) for number in found.groups())
        if not self.start <= last < self.total or length not in (None, last - self.start + 1):
            raise exception.Invalid(
                "Content-Range does not fit: its last byte must be behind the first one and within the total, and "
                "Content-Length be that of the bytes between."
            )


class Upload:
    """One request that sends bytes of an image. It is opened, gets the bytes, and must be ended.

    :param image: the record.
    :raises Conflict: the image is complete, another request sends its bytes, or they do not go on where they ended.
    :raises TooLarge, TooManyUploads, NoRoom: it does not fit.
    """

    def __init__(self, image: Image, span: Span):
        self._image, self._span = image, span
        self._next_check = 0
        _check_status(image)
        if span.total is not None and span.total > CONF.image_store.max_image_size:
            raise TooLarge(size=span.total, most=CONF.image_store.max_image_size)
        _PLACES.take()
        try:
            self._part = files.open_part(image.uuid)
        except BaseException:
            _PLACES.give_back()
            raise
        try:
            self._begin()
        except BaseException:
            self._close()
            raise

    def _begin(self) -> None:
        self._place = os.fstat(self._part.fileno()).st_size
        kept = _KEPT.take(self._image.uuid, self._part)
        self._unread = 0 if kept else self._place
        self._content = kept or Content(self._image.disk_format)
        if self._span.start != self._place:
            raise WrongOffset(image=self._image.uuid, offset=self._place, start=self._span.start)
        self._check_room()
        before = self._image.status
        self._image.status = UPLOADING
        self._image.upload_host, self._image.upload_url = CONF.host, peer.url()
        self._image.size = self._span.total
        self._image.last_error = None
        self._image.save(expected={"status": before})

    def _check_room(self) -> None:
        total = self._span.total
        files.check_room(0 if total is None else max(0, total - self._place))
        self._next_check = self._place + _ROOM_CHECKED_EVERY

    def add(self, chunk: bytes) -> None:
        """Write the next bytes. Call it in a thread that may wait for the disk.

        :raises UploadRefused: they are no image that the store takes; the part is removed then.
        :raises TooLarge, NoRoom: they do not fit; what was written before stays.
        """
        if self._place + len(chunk) > CONF.image_store.max_image_size:
            raise TooLarge(size=self._place + len(chunk), most=CONF.image_store.max_image_size)
        self._read_what_is_there()
        if self._place >= self._next_check:
            self._check_room()
        self._judged(self._content.add, chunk)
        view = memoryview(chunk)
        with files.refusing_full_disk():
            while view:
                written = os.pwrite(self._part.fileno(), view, self._place)
                self._place += written
                view = view[written:]

    def _read_what_is_there(self) -> None:
        """Compute the checksums of what earlier requests have written."""
        done = 0
        while done < self._unread:
            chunk = os.pread(self._part.fileno(), min(_CHUNK, self._unread - done), done)
            if not chunk:
                break
            self._judged(self._content.add, chunk)
            done += len(chunk)
        self._unread = 0

    def end(self, whole: bool) -> None:
        """Finish the image if it is complete, and free what the upload holds.

        :param whole: all bytes of the request have arrived.
        :raises UploadRefused, NoRoom: as ``add``.
        """
        try:
            if whole and self._span.total in (None, self._place):
                self._finish()
            elif whole:
                _KEPT.keep(self._image.uuid, self._part, self._content)
        finally:
            self._close()

    def _finish(self) -> None:
        self._read_what_is_there()
        image = self._image
        facts: Facts = self._judged(self._content.end)
        if image.sha256 not in (None, facts.sha256):
            self._refuse(
                f"its SHA-256 checksum is {facts.sha256}, and it was announced with {image.sha256}"
            )
        _describe(image, facts, self._part, self._content.architecture)
        files.complete(image.uuid, self._part)
        copies.trust(image.uuid, self._part)
        image.activate(CONF.host, peer.url())
        LOG.info("Image %s (%s) is complete: %d bytes", image.uuid, image.name, facts.size)

    def _judged(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Refused as exc:
            self._refuse(str(exc))

    def _refuse(self, reason: str) -> None:
        """Remove what has arrived, note why, and raise."""
        files.remove(self._image.uuid)
        self._image.status, self._image.last_error = FAILED, reason
        self._image.save()
        raise UploadRefused(image=self._image.name, reason=reason)

    def _close(self) -> None:
        if not self._part.closed:
            self._part.close()
            _PLACES.give_back()


def _check_status(image: Image) -> None:
    if image.status in (ACTIVE, REMOVING):
        raise exception.Conflict(
            f"Image {image.uuid} is {image.status}; its bytes cannot be replaced. Create another image."
        )


def _describe(image: Image, facts: Facts, file: BinaryIO, architecture: str | None) -> None:
    """Set the fields that follow from the bytes; those that the client has set stay."""
    image.disk_format, image.size = facts.disk_format, facts.size
    image.sha256, image.sha512 = facts.sha256, facts.sha512
    if image.cpu_arch is None:
        image.cpu_arch = architecture
    if facts.virtual_size is None:
        return
    image.virtual_size = facts.virtual_size
    if image.min_disk is None:
        image.min_disk = -(-facts.virtual_size // _GIB)
    found = layout.look(file, facts.disk_format)
    if image.image_type is None:
        image.image_type = found.image_type
    if not image.firmware:
        image.firmware = list(found.firmware)


def progress(image: Image) -> dict[str, Any]:
    """Return how far the upload of an image is, for the machine that gets it."""
    done = image.status == ACTIVE
    return {
        "status": image.status,
        "offset": image.size if done else files.received(image.uuid),
        "size": image.size,
        "host": image.upload_host,
        "url": image.upload_url,
    }


def is_elsewhere(image: Image) -> bool:
    """Tell whether another machine has the first part of an image."""
    return image.status == UPLOADING and image.upload_host not in (None, CONF.host)


def receive(environ: bodies.Environ, image: Image) -> None:
    """Take the body of a request as bytes of an image.

    :raises BodyWanted: the server has to feed the upload in the environment.
    :raises: what ``Upload`` raises.
    """
    if bodies.SINK in environ:
        # The server has done it.
        return
    bodies.check_uncompressed(environ)
    length = bodies.declared(environ)
    whole: bytes | None = environ.get(bodies.WHOLE)
    if whole is None and bodies.HEAD_ONLY not in environ:
        raise NotByThisServer()
    upload = Upload(image, Span(environ.get("HTTP_CONTENT_RANGE"), length))
    if whole is None:
        environ[bodies.SINK] = upload
        raise bodies.BodyWanted
    try:
        if whole:
            upload.add(whole)
    except BaseException:
        upload.end(whole=False)
        raise
    upload.end(whole=True)
