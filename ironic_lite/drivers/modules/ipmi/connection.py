# SPDX-License-Identifier: Apache-2.0
"""One BMC: one command at a time, over a session that is made when needed and made again when lost."""

import contextlib
import threading
import time
from collections.abc import Iterator

from oslo_log import log
from pyghmi.ipmi.private import constants

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import driver_info, errors, wire

LOG = log.getLogger(__name__)

KEEPALIVE_AFTER = 20.0
"""Seconds of silence after which a session is kept alive; a BMC drops it after 60 (IPMI 2.0 section 6.12.15)."""
KEEPALIVE_PATIENCE = 5.0
"""Seconds in which the answer to a keepalive has to come."""
MAX_LOGINS = 5
MAX_SILENT_LOGINS = 2
"""Logins tried for one command while the BMC cannot take them, and while it says nothing at all (8 s each)."""
FIRST_LOGIN_PAUSE = 0.25
"""Seconds before the second login; doubled before each further one."""
BUSY_PAUSE = 0.5

# Completion codes of IPMI 2.0 table 5-2 that mean "not now".
_NODE_BUSY = 0xC0
_INITIALIZING = 0xD2

_ADVICE = {
    errors.Refusal.CREDENTIALS: "Check ipmi_username and ipmi_password, and ipmi_hex_kg_key if the BMC has a key.",
    errors.Refusal.PRIVILEGE: "Give the user a higher privilege limit on the LAN channel, or set ipmi_priv_level.",
    errors.Refusal.CIPHER_SUITE: "Enable cipher suite 3 or 17 on the BMC, and check ipmi_cipher_suite.",
    errors.Refusal.VERSION: "Enable IPMI 2.0 (RMCP+) on the BMC.",
    errors.Refusal.NO_RESOURCES: "Close other IPMI sessions with it, or wait for them to expire.",
    errors.Refusal.OTHER: "Check that IPMI over LAN is enabled for this user.",
}


class BMC:
    """A BMC at one address and port. Safe to use from many threads.

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
        self._last_command = 0.0

    @property
    def warm(self) -> bool:
        """Whether a session is open."""
        return self._session is not None

    @property
    def last_command(self) -> float:
        """When the last command ended (``time.monotonic()``); 0.0 before the first."""
        return self._last_command

    def command(self, info: driver_info.ConnectionInfo, request: wire.Request) -> bytes:
        """Carry out one command, in at most ``[ipmi] command_retry_timeout`` seconds.

        :returns: the data of the answer, without the completion code.
        :raises IPMIUnreachable: no answer, or the name does not resolve, or others use the BMC for all that time.
        :raises IPMIAuthenticationFailure: the BMC refuses the login.
        :raises IPMICommandRefused: the BMC refuses the command.
        """
        deadline = time.monotonic() + CONF.ipmi.command_retry_timeout
        with self._turn(info, deadline):
            while True:
                code, answer = self._exchange(info, request, deadline)
                if code not in (_NODE_BUSY, _INITIALIZING):
                    break
                if time.monotonic() + BUSY_PAUSE >= deadline:
                    break
                time.sleep(BUSY_PAUSE)
        if code:
            text = constants.command_completion_codes.get(
                (request.netfn + 1, request.command), {}
            ).get(code)
            raise exception.IPMICommandRefused(
                endpoint=info.endpoint,
                cmd=f"0x{request.netfn:02x} 0x{request.command:02x}",
                reason=text or constants.ipmi_completion_codes.get(code, "unknown reason"),
                completion=code,
            )
        return answer

    def tend(self, now: float) -> None:
        """Housekeeping, called every few seconds: keep the session alive, close it when idle, drop it when dead.

        Never waits: a BMC in use is left alone.
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
        """Log out. A BMC still in use after ``timeout`` seconds is left to close its session by itself."""
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
                reason="other commands kept it busy for all the time allowed by "
                "[ipmi] command_retry_timeout; try again later.",
            )
        try:
            pause = self._last_command + CONF.ipmi.min_command_interval - time.monotonic()
            if self._last_command and pause > 0:
                time.sleep(min(pause, max(deadline - time.monotonic(), 0.0)))
            yield
        finally:
            self._last_command = time.monotonic()
            if CONF.ipmi.session_idle_timeout == 0:
                self._drop()
            self._lock.release()

    def _exchange(
        self, info: driver_info.ConnectionInfo, request: wire.Request, deadline: float
    ) -> tuple[int, bytes]:
        """The command and its answer; a session that turns out to be dead is replaced once."""
        if not request.resend and self._session is not None:
            # Find out with something harmless whether the BMC still knows the session.
            self._exchange(info, wire.DEVICE_ID, deadline)
        for last_try in (False, True):
            session = self._session_for(info, deadline)
            try:
                return session.request(request, deadline)
            except errors.NoAnswer as silent:
                self._drop()
                if last_try or not request.resend or time.monotonic() >= deadline:
                    raise _unreachable(info, silent) from None
                LOG.info("Session with BMC %s was lost, connecting again", info.endpoint)
            except BaseException:
                # A greenlet or thread that is killed half-way leaves a session nobody can trust.
                self._drop()
                raise
        raise AssertionError("unreachable: the second try returns or raises")

    def _session_for(self, info: driver_info.ConnectionInfo, deadline: float) -> wire.Session:
        if self._session is not None and self._session.info != info:
            # Never work with what another node record, or the former password, logged in with.
            self._drop()
        if self._session is None:
            self._session = self._login(info, deadline)
        return self._session

    def _login(self, info: driver_info.ConnectionInfo, deadline: float) -> wire.Session:
        suite = info.cipher_suite or self._suite or 17
        logins_left, pause = MAX_LOGINS, FIRST_LOGIN_PAUSE
        while True:
            try:
                session = wire.Session(info, suite, deadline, self._candidate)
            except errors.NameUnknown as error:
                raise exception.IPMIUnreachable(
                    endpoint=info.endpoint,
                    reason=f"the name does not resolve ({error}). Check ipmi_address.",
                ) from None
            except errors.LoginRefused as refused:
                problem = _refused(info, refused)
                if refused.refusal is not errors.Refusal.NO_RESOURCES:
                    raise problem from None
            except errors.NoAnswer as silent:
                problem = _unreachable(info, silent)
                self._candidate += 1
                if not silent.at_once:
                    logins_left = min(logins_left, MAX_SILENT_LOGINS)
            else:
                self._note_suite(info, session.suite)
                return session
            logins_left -= 1
            if not logins_left or time.monotonic() >= deadline:
                raise problem
            time.sleep(max(min(pause, deadline - time.monotonic()), 0.0))
            pause *= 2

    def _note_suite(self, info: driver_info.ConnectionInfo, suite: int) -> None:
        if suite != self._suite:
            LOG.info("BMC %s: sessions use cipher suite %d", info.endpoint, suite)
            self._suite = suite

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _refused(
    info: driver_info.ConnectionInfo, refused: errors.LoginRefused
) -> exception.IPMIFailure:
    advice = _ADVICE[refused.refusal]
    if refused.refusal in (errors.Refusal.CREDENTIALS, errors.Refusal.PRIVILEGE):
        return exception.IPMIAuthenticationFailure(
            endpoint=info.endpoint, reason=f"{refused} (user '{info.username}'). {advice}"
        )
    return exception.IPMIUnreachable(endpoint=info.endpoint, reason=f"{refused}. {advice}")


def _unreachable(
    info: driver_info.ConnectionInfo, silent: errors.NoAnswer
) -> exception.IPMIUnreachable:
    if silent.phase in ("EXPECTINGRAKP2", "EXPECTINGRAKP4"):
        reason = (
            "it answers, but does not complete the login; some BMCs fall silent when user name or key is "
            f"wrong. {_ADVICE[errors.Refusal.CREDENTIALS]}"
        )
    else:
        reason = (
            f"{silent}. Check ipmi_address and ipmi_port, that IPMI over LAN is enabled, "
            "and that the network lets UDP through."
        )
    return exception.IPMIUnreachable(endpoint=info.endpoint, reason=reason)
