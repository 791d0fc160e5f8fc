# SPDX-License-Identifier: Apache-2.0
"""Runs the boot service as a process of its own, and starts it again when it dies."""

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from oslo_service import service

from ironic_lite.common import concurrency, exception

LOG = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_STEADY = 60.0
"""Seconds after which a process counts as well, so that its end is a first one again."""
_START_PATIENCE = 120.0
_STOP_PATIENCE = 10.0
_LOOK_INTERVAL = 0.1


class Supervisor(service.ServiceBase):
    """Keeps one child process alive from ``start`` to ``stop``.

    The child ends by itself if this process dies.

    :param arguments: of ``ironic-lite``; the child also gets ``--lifeline`` and ``--ready`` with descriptors, and
        ``--again`` when it is not the first one.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watching: threading.Thread | None = None
        self._lifeline, self._held = os.pipe()

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Start the child, and wait until it serves or waits for something that it has told.

        :raises ServiceUnavailable: it ended; it has said why.
        """
        is_ready, child_writes = os.pipe()
        try:
            try:
                self._spawn("--ready", str(child_writes), descriptors=(child_writes,))
            finally:
                os.close(child_writes)
            self._wait_until(is_ready)
        finally:
            os.close(is_ready)
        self._watching = threading.Thread(
            target=self._watch, name="netboot-supervisor", daemon=True
        )
        self._watching.start()

    def stop(self, graceful: bool = False) -> None:
        """End the child."""
        self._stopping.set()
        if self._watching is not None:
            self._watching.join(_STOP_PATIENCE)
            self._watching = None
        self._end()
        for descriptor in (self._lifeline, self._held):
            os.close(descriptor)

    def wait(self) -> None:
        """Do nothing: ``stop`` waits."""

    def reset(self) -> None:
        """Do nothing: the child reads its configuration when it starts."""

    def _spawn(self, *more: str, descriptors: tuple[int, ...] = ()) -> None:
        command = [sys.executable, "-m", "ironic_lite.cmd.main", *self._arguments]
        self._child = subprocess.Popen(  # noqa: S603 - ourselves
            [*command, "--lifeline", str(self._lifeline), *more],
            stdin=subprocess.DEVNULL,
            pass_fds=(self._lifeline, *descriptors),
            env={**os.environ, concurrency.SWITCH: concurrency.NATIVE},
            # Ctrl-C is for this process, which ends the child in its turn.
            process_group=0,
        )

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _wait_until(self, is_ready: int) -> None:
        readable, _, _ = select.select([is_ready], [], [], _START_PATIENCE)
        if readable:
            # The descriptor is at its end when the child is gone.
            if os.read(is_ready, 1):
                return
            self._end()
            raise exception.ServiceUnavailable(
                err="the boot service did not start; its own message is above."
            )
        LOG.warning("The boot service takes longer than %d s to start", int(_START_PATIENCE))

    def _watch(self) -> None:
        wait, since = _FIRST_WAIT, time.monotonic()
        while not self._stopping.wait(_LOOK_INTERVAL):
            if self._child is None or self._child.poll() is None:
                continue
            if time.monotonic() > since + _STEADY:
                wait = _FIRST_WAIT
            LOG.error(
                "The boot service has ended (%s); it is started again in %g s. Servers keep their addresses",
                _ending(self._child.returncode),
                wait,
            )
            if self._stopping.wait(wait):
                return
            wait, since = min(2 * wait, _LONGEST_WAIT), time.monotonic()
            try:
                self._spawn("--again")
            except OSError as exc:
                LOG.error("The boot service cannot be started: %s", exc)


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
