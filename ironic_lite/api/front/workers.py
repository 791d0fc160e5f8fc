# SPDX-License-Identifier: Apache-2.0
"""The threads in which the WSGI application runs."""

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
"""Seconds that a request waits for a thread. Its client has given it up by then, or soon will."""

Environ = dict[str, Any]


class Job:
    """A request on its way to a thread.

    :param done: is called with the reply, by the loop.
    """

    __slots__ = ("_request", "due")

    def __init__(self, environ: Environ, done: Callable[[Reply], None]):
        self._request = [(environ, done)]
        self.due = time.monotonic() + PATIENCE

    def take(self) -> tuple[Environ, Callable[[Reply], None]] | None:
        """The request, for whoever asks first: the thread that begins with it, or ``drop``."""
        try:
            return self._request.pop()
        except IndexError:
            return None

    def drop(self) -> None:
        """Its client has left. Unless a thread has begun with it, nothing is done. For the loop's thread."""
        taken = self.take()
        if taken is not None:
            # Nobody reads the reply; what waits for it goes on.
            taken[1](replies.busy(None))


class Workers:
    """Runs requests, as many at a time as there are threads.

    :param app: a WSGI application.
    """

    def __init__(self, app: Any, count: int, loop: asyncio.AbstractEventLoop):
        self._app = app
        self._loop = loop
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [
            # What waits for a conductor that is away keeps no process from its end.
            threading.Thread(target=self._work, name=f"api-{number}", daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads, each once it has nothing to do."""
        for _ in self._threads:
            self._jobs.put(None)

    def submit(self, environ: Environ, done: Callable[[Reply], None]) -> Job:
        """Answer a request in a thread; ``done`` is called with the reply by the loop."""
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
            return replies.error(500, "An unexpected error occurred; the service's log tells more.")
        finally:
            # What knows its request, and is known by it, would keep the body until the collector comes by.
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
            # Once the service has stopped, nobody waits for it any more.
            with contextlib.suppress(RuntimeError):
                if reply.hold:
                    self._loop.call_soon_threadsafe(self._loop.call_later, reply.hold, done, reply)
                else:
                    self._loop.call_soon_threadsafe(done, reply)
            # A body is not to be kept until the next request comes.
            del job, taken, environ, done, reply
