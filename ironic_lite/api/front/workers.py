# SPDX-License-Identifier: Apache-2.0
"""The threads of the WSGI application."""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from ironic_lite.api import bodies
from ironic_lite.api.front import replies
from ironic_lite.api.front.replies import Reply
from ironic_lite.api.middleware.guessing import HOLD

LOG = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that a request waits for a thread. After that its client has probably given up."""

Environ = dict[str, Any]


class Job:
    """A request that waits for a thread.

    :param done: called in the loop with the reply.
    """

    __slots__ = ("_request", "due")

    def __init__(self, environ: Environ, done: Callable[[Reply], None]):
        self._request = [(environ, done)]
        self.due = time.monotonic() + PATIENCE

    def take(self) -> tuple[Environ, Callable[[Reply], None]] | None:
        """Take the request. Only the first caller gets it: a thread, or ``drop``."""
        try:
            return self._request.pop()
        except IndexError:
            return None

    def drop(self) -> None:
        """Drop the request of a client that has left, unless a thread runs it. Call it in the loop's thread."""
        taken = self.take()
        if taken is not None:
            # Nobody reads the reply, but it ends the wait for it.
            taken[1](replies.busy(None))


class Workers:
    """Runs requests, one per thread at a time.

    :param app: a WSGI application.
    """

    def __init__(self, app: Any, count: int, loop: asyncio.AbstractEventLoop):
        self._app = app
        self._loop = loop
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            # Daemon threads, so that requests to an unreachable conductor do not keep the process alive.
            threading.Thread(target=self._work, name=f"api-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End each thread as soon as it is idle."""
        for _ in self._threads:
            self._jobs.put(None)

    def submit(self, environ: Environ, done: Callable[[Reply], None]) -> Job:
        """Answer a request in a thread; the loop calls ``done`` with the reply."""
        job = Job(environ, done)
        self._jobs.put(job)
        return job

    def run(self, environ: Environ) -> Reply:
        """Answer a request in this thread."""
        start: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            start[:] = (status, headers)

        try:
            result = self._app(environ, start_response)
            try:
                pieces = list(result)
            finally:
                close = getattr(result, "close", None)
                if close is not None:
                    close()
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            return Reply(start[0], start[1], body, environ.get(HOLD, 0))
        except Exception:
            LOG.exception("The application failed")
            return replies.error(500, "An unexpected error occurred; see the service's log.")
        finally:
            # Break reference cycles, which would keep the body until the next garbage collection.
            if bodies.HEAD_ONLY not in environ:
                environ.clear()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            taken = job.take()
            if taken is None:
                continue
            environ, done = taken
            in_time = time.monotonic() < job.due
            reply = self.run(environ) if in_time else replies.busy(environ.get("HTTP_USER_AGENT"))
            # After the service has stopped, nobody waits for the reply.
            with contextlib.suppress(RuntimeError):
                if reply.hold:
                    self._loop.call_soon_threadsafe(self._loop.call_later, reply.hold, done, reply)
                else:
                    self._loop.call_soon_threadsafe(done, reply)
            # Release the body before waiting for the next request.
            del job, taken, environ, done, reply
