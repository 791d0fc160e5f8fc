# SPDX-License-Identifier: Apache-2.0
"""Which client has which address, kept in a file, so that a killed service knows its leases when it starts again.

The file has a line of JSON for each change; the last one for an address counts. When it has become long it is written
anew. It is reached through a descriptor of its directory, because a process that has given up its privileges may not
be allowed to walk there.
"""

import contextlib
import dataclasses
import json
import logging
import os
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from ironic_lite.common import json_reading

LOG = logging.getLogger(__name__)

_SPARE_LINES = 1000
"""Lines that the file may have beyond ten for each lease before it is written anew."""
_FORGOTTEN_AFTER = 30 * 24 * 3600
"""Seconds for which an ended lease is remembered, to give a client its former address again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Lease:
    """``client`` is a MAC address; ``expires`` is in seconds since the epoch."""

    address: IPv4Address
    client: str
    expires: float

    @property
    def is_over(self) -> bool:
        """Whether the client may no longer use the address."""
        return self.expires <= time.time()


class LeaseFile:
    """The file with the leases of one interface.

    :raises OSError: the file or its directory cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._file = self._open(path.name, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._lines = 0
        self._is_reported = False

    def hand_over(self, user: int, group: int) -> None:
        """Make this user the owner of the file and its directory."""
        os.fchown(self._directory, user, group)
        os.fchown(self._file, user, group)

    def read(self) -> dict[IPv4Address, Lease]:
        """Return the leases. Lines that a crash cut off are skipped."""
        leases: dict[IPv4Address, Lease] = {}
        with open(self._file, "rb", closefd=False) as file:
            file.seek(0)
            for line in file:
                self._lines += 1
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    said = json_reading.read(line)
                    lease = Lease(
                        IPv4Address(said["address"]), str(said["client"]), float(said["expires"])
                    )
                    leases[lease.address] = lease
        oldest = time.time() - _FORGOTTEN_AFTER
        kept = {address: lease for address, lease in leases.items() if lease.expires > oldest}
        self._rewrite(list(kept.values()))
        return kept

    def add(self, lease: Lease, everything: Iterator[Lease]) -> None:
        """Write a lease. ``everything`` yields all leases, in case that the file has become too long.

        Without room on the disk the service goes on, and says so once.
        """
        try:
            os.write(self._file, _line(lease))
            self._lines += 1
            if self._lines > _SPARE_LINES:
                current = list(everything)
                if self._lines > _SPARE_LINES + 10 * len(current):
                    self._rewrite(current)
            self._is_reported = False
        except OSError as exc:
            if not self._is_reported:
                self._is_reported = True
                LOG.error(
                    "Leases are not kept: %s: %s. Servers may get other addresses after a restart.",
                    self.path,
                    exc.strerror,
                )

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
        os.close(self._directory)

    def _rewrite(self, leases: list[Lease]) -> None:
        name = f"{self.path.name}.new"
        new = self._open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        try:
            with open(new, "ab", closefd=False) as file:
                file.writelines(_line(lease) for lease in leases)
            os.fsync(new)
            os.rename(name, self.path.name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except OSError:
            os.close(new)
            raise
        os.close(self._file)
        self._file, self._lines = new, len(leases)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600, dir_fd=self._directory)


def _line(lease: Lease) -> bytes:
    said = {"address": str(lease.address), "client": lease.client, "expires": lease.expires}
    return json.dumps(said).encode() + b"\n"
