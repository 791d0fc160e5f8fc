# SPDX-License-Identifier: Apache-2.0
"""Requests of several clients at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.chaos.operations import Ledger

CLIENTS = 6


class ConcurrentRequests:
    """Several clients, with at most one request at a time for each subject (a node or an allocation).

    ``trouble`` collects errors of the test itself.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.trouble: list[BaseException] = []
        self._ledger = ledger
        self._lock = threading.Lock()
        self._subjects: set[str] = set()
        self._pool = ThreadPoolExecutor(CLIENTS, "tenant")

    def __contains__(self, subject: str) -> bool:
        return subject in self._subjects

    def __bool__(self) -> bool:
        return bool(self._subjects)

    def begin(self, subject: str, what: Callable[[], object]) -> None:
        """Let a client call ``what``; the ledger counts requests without an answer as refused."""
        with self._lock:
            self._subjects.add(subject)
        self._pool.submit(self._ask, subject, what)

    def _ask(self, subject: str, what: Callable[[], object]) -> None:
        try:
            what()
        except requests.RequestException as exc:
            self._ledger.refusal(type(exc).__name__)
        except BaseException as exc:
            self.trouble.append(exc)
            raise
        finally:
            with self._lock:
                self._subjects.discard(subject)

    def stop(self) -> None:
        """Wait for the requests under way."""
        self._pool.shutdown()
