# SPDX-License-Identifier: Apache-2.0
"""The sessions with all BMCs of this process, and the thread that keeps them open."""

import atexit
import contextlib
import resource
import threading
import time
from collections.abc import Iterator

from oslo_log import log

from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import connection, driver_info, wire

LOG = log.getLogger(__name__)

TEND_INTERVAL = 5.0
"""Seconds between two rounds of housekeeping, less when sessions expire sooner."""


class SessionPool:
    """BMCs by address and port, each with its lock and at most one session.

    One housekeeping thread serves all; it runs only while there are BMCs.
    """

    def __init__(self) -> None:
        self._bmcs: dict[tuple[str, int], connection.BMC] = {}
        self._users: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._housekeeper: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._bmcs)

    def command(self, info: driver_info.ConnectionInfo, request: wire.Request) -> bytes:
        """Run one IPMI command; see ``connection.BMC.command``."""
        with self._bmc(info) as bmc:
            return bmc.command(info, request)

    def suite(self, info: driver_info.ConnectionInfo) -> int | None:
        """Return the cipher suite of the last session with a BMC; None if there was none recently."""
        bmc = self._bmcs.get((info.address, info.port))
        return None if bmc is None else bmc.suite

    def close_all(self, timeout: float = 5.0) -> None:
        """Log out everywhere, within ``timeout`` seconds. The pool may be used again afterwards."""
        deadline = time.monotonic() + timeout
        with self._lock:
            bmcs = list(self._bmcs.values())
            self._bmcs.clear()
            self._users.clear()
        self._wake.set()
        for bmc in bmcs:
            bmc.close(max(deadline - time.monotonic(), 0.0))

    @contextlib.contextmanager
    def _bmc(self, info: driver_info.ConnectionInfo) -> Iterator[connection.BMC]:
        key = (info.address, info.port)
        with self._lock:
            bmc = self._bmcs.get(key)
            if bmc is None:
                bmc = self._bmcs[key] = connection.BMC(*key)
            self._users[key] = self._users.get(key, 0) + 1
            self._start_housekeeper()
        try:
            yield bmc
        finally:
            with self._lock:
                if self._users.get(key, 0) > 1:
                    self._users[key] -= 1
                else:
                    self._users.pop(key, None)
                closed_meanwhile = self._bmcs.get(key) is not bmc
            if closed_meanwhile:
                bmc.close(0.0)

    def _start_housekeeper(self) -> None:
        if self._housekeeper is None:
            self._wake.clear()
            self._housekeeper = threading.Thread(
                target=self._keep_house, name="ipmi-sessions", daemon=True
            )
            self._housekeeper.start()

    def _keep_house(self) -> None:
        while True:
            idle = CONF.ipmi.session_idle_timeout
            self._wake.wait(min(TEND_INTERVAL, max(idle / 2, 0.5)))
            self._wake.clear()
            with self._lock:
                bmcs = list(self._bmcs.values())
                if not bmcs:
                    self._housekeeper = None
                    return
            now = time.monotonic()
            for bmc in bmcs:
                try:
                    bmc.tend(now)
                except Exception:
                    LOG.exception("Housekeeping of the session with %s failed", bmc.address)
            self._close_surplus(bmcs)
            self._forget_cold()

    def _close_surplus(self, bmcs: list[connection.BMC]) -> None:
        """Close the least recently used sessions, so that half of the process's file descriptors stay free."""
        descriptors, _hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        if descriptors == resource.RLIM_INFINITY:
            return
        warm = sorted((bmc for bmc in bmcs if bmc.warm), key=lambda bmc: bmc.last_command)
        for bmc in warm[: max(len(warm) - descriptors // 2, 0)]:
            bmc.close(0.0)

    def _forget_cold(self) -> None:
        with self._lock:
            for key in [
                k for k, bmc in self._bmcs.items() if not bmc.warm and k not in self._users
            ]:
                del self._bmcs[key]


POOL = SessionPool()
"""The session pool of this process."""


def close_all(timeout: float = 5.0) -> None:
    """Log out of every BMC; a process that ends normally does so by itself.

    :param timeout: seconds for all logouts together.
    """
    POOL.close_all(timeout)


# A BMC has few sessions, and an unclosed session blocks one for a minute.
atexit.register(close_all)
