# SPDX-License-Identifier: Apache-2.0
"""Who the test servers run as: this user, or `nobody` where this user is root, which most of them refuse."""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAP_DAC_READ_SEARCH = 2  # linux/capability.h


def account() -> pwd.struct_passwd:
    """The account of the server processes."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def hand_over(path: Path) -> Path:
    """Make the servers' account the owner of `path`, and return it."""
    if os.geteuid() == 0:
        os.chown(path, account().pw_uid, account().pw_gid)
    return path


def drop_privileges() -> list[str]:
    """What makes `setpriv` run a program as the servers' account; nothing where this user is not root.

    A checkout in root's home is closed to others, but the real agent's code is in it. There the process may read
    everything, where this machine's root can hand that on (in a container it often cannot), and nothing more.
    """
    if os.geteuid() != 0:
        return []
    who = account()
    argv = [f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    if not _open_to_all(Path(sys.prefix)) and _may_hand_on_reading():
        argv += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return argv


def _open_to_all(directory: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (directory, *directory.parents))


def _may_hand_on_reading() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) & 1 << CAP_DAC_READ_SEARCH)


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
