# SPDX-License-Identifier: Apache-2.0
"""One BMC: one command at a time, over a session that is opened when needed and reopened when lost."""

import contextlib
import threading
import time
from collections.abc import Iterator

from oslo_log import log
from pyghmi.ipmi.private import constants

from ironic_lite.common import exception, metrics
from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import driver_info, errors, login, retry, wire

LOG = log.getLogger(__name__)

KEEPALIVE_AFTER = 20.0
"""Idle seconds after which a keepalive is sent; a BMC drops an idle session after 60 (IPMI 2.0 section 6.12.15)."""
KEEPALIVE_PATIENCE = 5.0
"""Seconds to wait for the answer to a keepalive."""
BURST = 0.5
STRICT_FROM = 0.25
"""``BURST``: seconds by which commands may run ahead of ``[ipmi] min_command_interval``: BMCs handle a few commands at
once, but not a stream. ``STRICT_FROM``: the interval in seconds from which commands may not run ahead."""

_ADVICE = {
    errors.Refusal.USER: "Check ipmi_username, and that the BMC allows this user to log in over the LAN.",
    errors.Refusal.PASSWORD: "Check ipmi_password.",
    errors.Refusal.KEY: "Check ipmi_hex_kg_key.",
    errors.Refusal.PRIVILEGE: "Give the user a higher privilege limit on the LAN channel, or set ipmi_priv_level.",
    errors.Refusal.CIPHER_SUITE: "Enable cipher suite 3 or 17 on the BMC, and check ipmi_cipher_suite.",
    errors.Refusal.VERSION: "Enable IPMI 2.0 (RMCP+) on the BMC.",
    errors.Refusal.NO_RESOURCES: "Close other IPMI sessions of this BMC, or wait until they expire.",
    errors.Refusal.OTHER: "See the BMC's own log.",
}


class BMC:
    """A BMC at one address and port. Thread-safe.

    :param address: IP address or host name.
    :param port: UDP port.
    """

    def __init__(self, address: str, port: int):
        self.address = address
        self.port = port
        self._lock = threading.Lock()
        self._session: wire.Session | None = None
        self._suite: int | None = None
        self._candidate = 0
        self._pace = login.Pace()
        self._last_command = 0.0
        self._rested_at = 0.0

    @property
    def warm(self) -> bool:
        return self._session is not None

    @property
    def last_command(self) -> float:
        """When the last command ended (``time.monotonic()``); 0.0 before the first."""
        return self._last_command

    @property
    def suite(self) -> int | None:
        """Number of the cipher suite of the last session; None before the first."""
        return self._suite

    def command(self, info: driver_info.ConnectionInfo, request: wire.Request) -> bytes:
        """Run one command within ``[ipmi] command_retry_timeout`` seconds.

        :mod:`retry` says what is tried again.

        :returns: the data of the answer, without the completion code.
        :raises IPMIUnreachable: no answer, the name does not resolve, or other commands kept the BMC busy.
        :raises IPMIAuthenticationFailure: the BMC refuses the login.
        :raises IPMICommandRefused: the BMC refuses the command.
        """
        deadline = time.monotonic() + CONF.ipmi.command_retry_timeout
        timed = metrics.timed(metrics.BMC_COMMANDS, "ipmi", exception.IPMICommandRefused)
        with timed, self._turn(info, deadline):
            tries = retry.Tries(deadline)
            while True:
                problem: exception.IPMIFailure
                try:
                    code, answer = self._try(info, request, tries)
                    if not code:
                        return answer
                    problem, final = _answered(info, request, code, tries)
                    if request.patience is not None:
                        tries.end_within(request.patience)
                except errors.NoAnswer as silent:
                    final = isinstance(silent, errors.Unsettled)
                    problem = _unreachable(info, silent, tries, unsettled=final)
                except errors.LoginRefused as refused:
                    problem, final = _refused(info, refused, tries)
                if final or not tries.again():
                    raise problem
                LOG.info("%s Trying again.", problem)

    def tend(self, now: float) -> None:
        """Housekeeping, called every few seconds: send a keepalive, close an idle session, drop a dead one.

        It never waits: it skips a BMC that is in use.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            session = self._session
            if session is None:
                return
            if now - self._last_command >= CONF.ipmi.session_idle_timeout:
                self._drop()
            elif session.keepalive_sent is not None:
                lost = session.keepalive_lost()
                if lost and now - session.keepalive_sent >= KEEPALIVE_PATIENCE:
                    self._drop()
            elif now - session.last_packet >= KEEPALIVE_AFTER:
                session.keepalive()
        except errors.NoAnswer:
            self._drop()
        finally:
            self._lock.release()

    def close(self, timeout: float) -> None:
        """Log out. If the BMC is still in use after ``timeout`` seconds, its session expires by itself."""
        if self._lock.acquire(timeout=timeout):
            try:
                self._drop()
            finally:
                self._lock.release()

    @contextlib.contextmanager
    def _turn(self, info: driver_info.ConnectionInfo, deadline: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
            raise exception.IPMIUnreachable(
                endpoint=info.endpoint,
                reason="other commands kept it busy for the whole of "
                "[ipmi] command_retry_timeout; try again later.",
            )
        try:
            self._keep_distance(deadline)
            yield
        finally:
            self._last_command = time.monotonic()
            rested = max(self._rested_at, self._last_command)
            self._rested_at = rested + CONF.ipmi.min_command_interval
            if CONF.ipmi.session_idle_timeout == 0:
                self._drop()
            self._lock.release()

    def _keep_distance(self, deadline: float) -> None:
        """Wait until the commands so far run ahead of the minimum interval by a burst at most."""
        now = time.monotonic()
        ahead = BURST if CONF.ipmi.min_command_interval < STRICT_FROM else 0.0
        pause = self._rested_at - ahead - now
        if pause > 0:
            time.sleep(min(pause, max(deadline - now, 0.0)))

    def _try(
        self, info: driver_info.ConnectionInfo, request: wire.Request, tries: retry.Tries
    ) -> tuple[int, bytes]:
        """Log in if there is no session, and send the command.

        :raises errors.NoAnswer, errors.LoginRefused: as for a session and its requests.
        """
        if not request.resend and self._session is not None:
            # Check with a harmless request whether the BMC still knows the session.
            self._exchange(self._session_for(info, tries), wire.DEVICE_ID, tries)
        session = self._session_for(info, tries)
        try:
            return self._exchange(session, request, tries)
        except errors.NoAnswer as silent:
            if silent.at_once or (request.resend and request.patience is None):
                raise
            raise errors.Unsettled(str(silent), silent.phase) from None

    def _exchange(
        self, session: wire.Session, request: wire.Request, tries: retry.Tries
    ) -> tuple[int, bytes]:
        deadline = tries.deadline
        if request.patience is not None:
            deadline = min(deadline, time.monotonic() + request.patience)
        try:
            return session.request(request, deadline, tries.made)
        except BaseException:
            # A session is also unusable when its greenlet or thread was killed in the middle of a request.
            self._drop()
            raise

    def _session_for(self, info: driver_info.ConnectionInfo, tries: retry.Tries) -> wire.Session:
        if self._session is not None and self._session.info != info:
            # Never use a session that logged in with other credentials or an old password.
            self._drop()
        if self._session is None:
            self._session = self._login(info, tries)
        return self._session

    def _login(self, info: driver_info.ConnectionInfo, tries: retry.Tries) -> wire.Session:
        suite = info.cipher_suite or self._suite or login.BEST_SUITE
        try:
            session = wire.Session(
                info, suite, tries.deadline, self._candidate, tries.made, self._pace
            )
        except errors.NameUnknown as error:
            raise exception.IPMIUnreachable(
                endpoint=info.endpoint,
                reason=f"the name does not resolve ({error}). Check ipmi_address.",
            ) from None
        except errors.NoAnswer:
            self._candidate += 1
            raise
        self._note_suite(info, session.suite)
        return session

    def _note_suite(self, info: driver_info.ConnectionInfo, suite: int) -> None:
        if suite != self._suite:
            LOG.info("BMC %s: sessions use cipher suite %d", info.endpoint, suite)
            if suite != login.BEST_SUITE and info.cipher_suite is None:
                LOG.warning("BMC %s supports no better cipher suite than %d", info.endpoint, suite)
            self._suite = suite

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _answered(
    info: driver_info.ConnectionInfo, request: wire.Request, code: int, tries: retry.Tries
) -> tuple[exception.IPMIFailure, bool]:
    """Return the error for a completion code, and whether it is final."""
    text = constants.command_completion_codes.get((request.netfn + 1, request.command), {}).get(
        code
    )
    problem = exception.IPMICommandRefused(
        endpoint=info.endpoint,
        cmd=f"0x{request.netfn:02x} 0x{request.command:02x}",
        reason=text or constants.ipmi_completion_codes.get(code, "unknown reason"),
        completion=code,
        tries=tries.summary,
    )
    return problem, retry.code_is_final(code, request) and retry.message_is_final(str(problem))


def _refused(
    info: driver_info.ConnectionInfo, refused: errors.LoginRefused, tries: retry.Tries
) -> tuple[exception.IPMIFailure, bool]:
    """The error for a login that the BMC refuses, and whether it is final."""
    advice = _ADVICE[refused.refusal]
    problem: exception.IPMIFailure
    if refused.refusal in _WHO:
        reason = f"{refused} (user '{info.username}'). {advice}{tries.summary}"
        problem = exception.IPMIAuthenticationFailure(endpoint=info.endpoint, reason=reason)
    else:
        reason = f"{refused}. {advice}{tries.summary}"
        problem = exception.IPMIUnreachable(endpoint=info.endpoint, reason=reason)
    if refused.completion:
        final = retry.code_is_final(refused.completion, wire.DEVICE_ID)
    else:
        final = retry.status_is_final(refused.status)
    return problem, final and retry.message_is_final(str(problem))


_WHO = (
    errors.Refusal.USER,
    errors.Refusal.PASSWORD,
    errors.Refusal.KEY,
    errors.Refusal.PRIVILEGE,
)


def _unreachable(
    info: driver_info.ConnectionInfo,
    silent: errors.NoAnswer,
    tries: retry.Tries,
    unsettled: bool,
) -> exception.IPMIUnreachable:
    reason = f"{retry.problem_of(silent)}{tries.summary}"
    return exception.IPMIUnreachable(endpoint=info.endpoint, reason=reason, unsettled=unsettled)
