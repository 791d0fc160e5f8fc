# SPDX-License-Identifier: Apache-2.0
"""The files with logs of ramdisks that this conductor keeps, bounded in number, size and age."""

import contextlib
import datetime
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

SUFFIX = ".tar.gz"

_MIB = 1024 * 1024
_DAY = 24 * 3600
_NAME = re.compile(r"[0-9a-f-]{36}(_[A-Za-z0-9-]+)+\.tar\.gz", re.ASCII)


def largest() -> int:
    """Return the bytes that the logs of one ramdisk may have."""
    return int(CONF.agent.deploy_logs_max_size) * _MIB


def write(node: Any, label: str, content: bytes) -> str:
    """Store the logs of a node's ramdisk, and delete surplus files; return the file's name.

    :param label: the operation: ``deployment``.
    :raises OSError: when it cannot be written.
    """
    now = timeutils.utcnow()
    parts = [node.uuid, *([node.instance_uuid] if node.instance_uuid else [])]
    # The microseconds tell two files of one second apart.
    name = "_".join([*parts, re.sub(r"[^a-z]+", "-", label.lower()), _stamp(now)]) + SUFFIX
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Created with mode 0600, because logs may hold secrets.
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".", delete=False) as file:
        draft = Path(file.name)
        try:
            file.write(content)
            file.flush()
            draft.replace(directory / name)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    delete_surplus()
    return name


def _stamp(now: datetime.datetime) -> str:
    return now.strftime("%Y-%m-%d-%H-%M-%S-%f")


def read(name: str, offset: int, most: int) -> tuple[bytes, int]:
    """Return a part of a file, and the size of the file.

    :raises NodeLogsNotFound: when there is no such file any more.
    """
    if not _NAME.fullmatch(name):
        raise exception.NodeLogsNotFound(name=name[:300])
    try:
        with (_directory() / name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, offset))
            return file.read(most), size
    except OSError:
        raise exception.NodeLogsNotFound(name=name) from None


def delete(name: str) -> None:
    """Delete a file, if it is there."""
    if _NAME.fullmatch(name):
        with contextlib.suppress(OSError):
            (_directory() / name).unlink()


def delete_surplus() -> None:
    """Delete files that are too old or too many, and drafts that a killed conductor has left."""
    kept: dict[str, int] = {}
    total, conf = 0, CONF.agent
    oldest = time.time() - conf.deploy_logs_max_age * _DAY if conf.deploy_logs_max_age else 0.0
    for modified, size, path in sorted(_files(), reverse=True):
        node = path.name[:36]
        kept[node] = kept.get(node, 0) + 1
        total += size
        is_draft = path.name.startswith(".")
        if (
            (is_draft and modified < time.time() - _DAY)
            or modified < oldest
            or (kept[node] > conf.deploy_logs_max_per_node and not is_draft)
            or total > conf.deploy_logs_max_total * _MIB
        ):
            with contextlib.suppress(OSError):
                path.unlink()
            LOG.debug("Deleted %s", path)


def _files() -> list[tuple[float, int, Path]]:
    """Return time, size and path of our files; others in the directory are left alone."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(_directory()):
            if not (_NAME.fullmatch(entry.name) or entry.name.startswith(".")):
                continue
            with contextlib.suppress(OSError):
                about = entry.stat(follow_symlinks=False)
                found.append((about.st_mtime, about.st_size, Path(entry.path)))
    return found


def _directory() -> Path:
    chosen = CONF.agent.deploy_logs_local_path or f"{CONF.state_path}/ramdisk-logs"
    return Path(chosen).expanduser()
