# SPDX-License-Identifier: Apache-2.0
"""Passwords that are wrong are counted by user and address, and few are looked at.

To look at a password takes a processor for a quarter of a second. So an address may be wrong about a user a few times
a minute, about few users, and only few requests wait for such a look at the same time. Nobody is locked out by others:

* a password that was right from an address is right from there without a look, however many are wrong;
* the first tries for a user from an address are looked at, whatever is guessed from elsewhere;
* a new password is not held to what was wrong about the old one.
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
"""Seconds in which wrong passwords are counted together."""
OF_PAIR = 5
"""Wrong passwords for one user from one address."""
OF_ADDRESS = 20
"""Wrong passwords from one address, and also users that it may be wrong about once it has had so many."""
OF_USER = 30
"""Wrong passwords for one user from everywhere, after which an address has one try for her instead of some."""
_KNOWN = 10_000
"""Counters of a kind that are kept; the oldest go first."""

HOLD = "ironic_lite.hold"
"""Where the application leaves for how many seconds the HTTP server is to hold its reply back."""
HOLD_SECONDS = 2.0
"""A guesser who takes no notice of ``Retry-After`` comes no sooner on this connection."""

_NICENESS = 15

_BUSY = 1
"""Seconds told to a client while too many passwords are being looked at."""


class TooManyRequests(exception.TemporaryFailure):
    """Nothing was looked at."""

    code = 429


class TooManyWrong(TooManyRequests):
    template = "Too many wrong passwords: try again in %(seconds)d s."

    def __init__(self, seconds: float):
        self.retry_after = max(1, int(seconds + 0.999))
        super().__init__(seconds=self.retry_after)


class TooManyAtOnce(TooManyRequests):
    template = "Many passwords are being checked: try again in a moment."
    retry_after = _BUSY


def network(address: str) -> str:
    """The address that counts: of IPv6, one client has a whole /64."""
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
    """What was wrong since it began."""

    def __init__(self, now: float):
        self.until = now + WINDOW
        self.wrong = 0
        self.users: set[bytes] = set()


class _Counters:
    """Windows by key, so many at most."""

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
    """Counts. A try counts as wrong from its beginning, so that many at once are no more than as many in turn.

    Users and addresses are known by hashes here: names of any length come from anybody.

    :param clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._pairs, self._addresses, self._users = _Counters(), _Counters(), _Counters()

    def begin(self, user: bytes, address: bytes) -> bool:
        """Count a try; True when it is the last one for now.

        :raises TooManyWrong: it is not to be looked at.
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
        """It was no wrong password: ``right``, or not looked at."""
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
    """Looks at passwords in threads of lowest priority: so many at once, few wait for it, and not for long.

    :param at_once: looks.
    :param waiting: requests that may wait besides.
    :param patience: seconds.
    """

    def __init__(self, at_once: int, waiting: int, patience: float):
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._looks = futures.ThreadPoolExecutor(
            at_once, thread_name_prefix="password", initializer=_step_back
        )
        self._patience = patience

    def look(self, at: Callable[[], bool]) -> bool:
        """What it answers.

        :raises TooManyAtOnce: it is nobody's turn soon.
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
    """Guessers get the processor time that nobody else wants. With green threads there is one thread for all."""
    if not concurrency.green():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
