# SPDX-License-Identifier: Apache-2.0
"""Limits password guessing: counts wrong passwords by user and address, and checks few at a time.

Checking a password takes a processor about a quarter of a second. So an address may send a few wrong passwords per user
and minute, for few users, and only few requests wait for a check at the same time. Others cannot lock a user out:

* a password that was right from an address is accepted from there without a check, however many are wrong;
* the first attempts for a user from an address are checked, whatever is guessed from other addresses;
* wrong passwords do not count any more once the user's password has changed.
"""

import collections
import ipaddress
import os
import threading
import time
from collections.abc import Callable
from concurrent import futures

from ironic_lite.common import concurrency, exception

WINDOW = 60.0
"""Seconds of one counting window."""
OF_PAIR = 5
"""Limit of wrong passwords for one user from one address."""
OF_ADDRESS = 20
"""Limit of wrong passwords from one address, and of the users that it may then still try."""
OF_USER = 30
"""Wrong passwords for one user from all addresses, after which each address has only one attempt for the user."""
_KNOWN = 10_000
"""Number of counters of each kind to keep; the oldest are dropped first."""

HOLD = "ironic_lite.hold"
"""Key in the WSGI environment: seconds for which the HTTP server delays the reply."""
HOLD_SECONDS = 2.0
"""Delay of a refusal; it slows down clients that ignore ``Retry-After``."""

_NICENESS = 15

_BUSY = 1
"""``Retry-After`` in seconds while too many passwords are being checked."""


class TooManyRequests(exception.TemporaryFailure):
    """The password was not checked."""

    code = 429


class TooManyWrong(TooManyRequests):
    template = "Too many wrong passwords; try again in %(seconds)d s."

    def __init__(self, seconds: float):
        self.retry_after = max(1, int(seconds + 0.999))
        super().__init__(seconds=self.retry_after)


class TooManyAtOnce(TooManyRequests):
    template = "Too many passwords are being checked; try again in a moment."
    retry_after = _BUSY


def network(address: str) -> str:
    """Return the network to count by: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class _Window:
    """The wrong passwords since the window began."""

    def __init__(self, now: float):
        self.until = now + WINDOW
        self.wrong = 0
        self.users: set[bytes] = set()


class _Counters:
    """A bounded number of windows by key."""

    def __init__(self) -> None:
        self._windows: collections.OrderedDict[bytes, _Window] = collections.OrderedDict()

    def get(self, key: bytes, now: float) -> _Window:
        window = self._windows.get(key)
        if window is None or window.until <= now:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(now)
            while len(self._windows) > _KNOWN:
                self._windows.popitem(last=False)
        return window

    def forget(self, key: bytes) -> None:
        self._windows.pop(key, None)

    def __len__(self) -> int:
        return len(self._windows)


class Guesses:
    """The counters. An attempt counts as wrong from its start, so that concurrent attempts do not pass the limit.

    Users and addresses are stored as hashes, because clients choose names of any length.

    :param clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._pairs, self._addresses, self._users = _Counters(), _Counters(), _Counters()

    def begin(self, user: bytes, address: bytes) -> bool:
        """Count an attempt; return True when it is the last one allowed for now.

        :raises TooManyWrong: the limit is reached; do not check the password.
        """
        now = self._clock()
        with self._lock:
            pair = self._pairs.get(user + address, now)
            everywhere = self._users.get(user, now)
            here = self._addresses.get(address, now)
            allowed = 1 if everywhere.wrong >= OF_USER else OF_PAIR
            if pair.wrong >= allowed:
                raise TooManyWrong(pair.until - now)
            known = user in here.users
            if here.wrong >= OF_ADDRESS and (known or len(here.users) >= OF_ADDRESS):
                raise TooManyWrong(here.until - now)
            for window in (pair, everywhere, here):
                window.wrong += 1
            here.users.add(user)
            return pair.wrong >= allowed or here.wrong == OF_ADDRESS

    def take_back(self, user: bytes, address: bytes, right: bool) -> None:
        """Uncount an attempt whose password was ``right`` or was not checked."""
        now = self._clock()
        with self._lock:
            pair = self._pairs.get(user + address, now)
            for window in (pair, self._users.get(user, now), self._addresses.get(address, now)):
                window.wrong = max(0, window.wrong - 1)
            if right:
                self._pairs.forget(user + address)
            if right or not pair.wrong:
                self._addresses.get(address, now).users.discard(user)


class Turns:
    """Checks passwords in threads of lowest priority, a few at a time; few others may wait, and not for long.

    :param at_once: concurrent checks.
    :param waiting: requests that may wait in addition.
    :param patience: seconds that a request waits.
    """

    def __init__(self, at_once: int, waiting: int, patience: float):
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._looks = futures.ThreadPoolExecutor(
            at_once, thread_name_prefix="password", initializer=_step_back
        )
        self._patience = patience

    def look(self, at: Callable[[], bool]) -> bool:
        """Run a check and return its result.

        :raises TooManyAtOnce: too many requests wait, or the check did not start in time.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyAtOnce()
        try:
            answer = self._looks.submit(at)
            try:
                return answer.result(self._patience)
            except futures.TimeoutError:
                if answer.cancel():
                    raise TooManyAtOnce() from None
                return answer.result()
        finally:
            self._places.release()


def _step_back() -> None:
    """Lower the priority of a checking thread. Green threads share one thread, so it stays unchanged there."""
    if not concurrency.green():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
