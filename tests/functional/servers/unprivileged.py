# SPDX-License-Identifier: Apache-2.0
"""Who the test servers run as: this user, or `nobody` where this user is root, which most of them refuse."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def account() -> pwd.struct_passwd:
    """The account of the server processes."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def hand_over(path: Path) -> Path:
    """Make the servers' account the owner of `path`, and return it."""
    if os.geteuid() == 0:
        os.chown(path, account().pw_uid, account().pw_gid)
    return path


@contextmanager
def server_directory(name: str) -> Iterator[Path]:
    """A temporary directory owned by the servers' account; gone afterwards.

    Not below pytest's own temporary directories: those let only their owner pass. The path is short, because UNIX
    sockets inside it may have 107 characters.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"ironic-lite-{name}-"))
    try:
        yield hand_over(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
