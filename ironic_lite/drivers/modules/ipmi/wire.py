# SPDX-License-Identifier: Apache-2.0
"""One RMCP+ session on one UDP socket.

pyghmi knows the protocol: framing, RAKP, encryption. Its transport is another matter (release 1.6.19): the usual
``Session`` shares sockets, one I/O thread and several registers between all BMCs of the process; a login that
failed stays in ``initting_sessions`` for ever, so that the BMC is never reached again; any thread may process any
other's packets, which is a race under native threads; and ``select`` fails once a descriptor passes 1023. The
``simplesession`` flavour has a socket of its own, but never sends twice and waits without end.

So this class takes ``simplesession``'s protocol and nothing of its transport (``transport``) and little of its login
(``login``). No state is shared, hence sessions need no guard but the one of their BMC (``connection``), and
native and green threads are served alike: only plain socket timeouts are used.
"""

import contextlib
import dataclasses
import struct
import time
from collections.abc import Mapping
from typing import Any

from pyghmi import exceptions as pyghmi_exceptions
from pyghmi.ipmi.private import simplesession

from ironic_lite.drivers.modules.ipmi import driver_info, errors, login, transport

NETFN_APP = 0x06
CLOSE_SESSION = 0x3C
GET_DEVICE_ID = 0x01


@dataclasses.dataclass(frozen=True)
class Request:
    """One IPMI request.

    :param netfn: network function, 0x00 for chassis, 0x06 for application (IPMI 2.0 table 5-1).
    :param resend: False for what must not be done twice when only the answer was lost.
    :param state_matters: the completion code "not supported in present state" is an answer, nothing to wait out.
    :param patience: seconds that are enough for a convenience; None: as long as it takes.
    :param guard: called before each sending.
    """

    netfn: int
    command: int
    data: bytes = b""
    lun: int = 0
    resend: bool = True
    state_matters: bool = False
    patience: float | None = None
    guard: transport.Guard | None = None


DEVICE_ID = Request(NETFN_APP, GET_DEVICE_ID)
"""Get Device ID (section 20.1): changes nothing, and every BMC has it."""


class Session(login.Login):
    """A logged-in session; making one logs in.

    Not thread-safe: ``connection.BMC`` lets one thread at a time use it.

    :param info: where and who.
    :param suite: cipher suite to begin with; the other one follows unless ``info.cipher_suite`` names one.
    :param deadline: ``time.monotonic()`` value to give up at.
    :param candidate: which of the addresses behind a host name to use, counted round and round.
    :param former: how many sessions were given up before for the same command; later ones are more patient.
    :param pace: what is known of the BMC's speed; the login adds to it.
    :raises errors.NoAnswer: the login stayed unanswered; a new session may have more luck.
    :raises errors.LoginRefused: the BMC answered, and said no.
    :raises errors.NameUnknown: the host name does not resolve.
    """

    def __init__(
        self,
        info: driver_info.ConnectionInfo,
        suite: int,
        deadline: float,
        candidate: int = 0,
        former: int = 0,
        pace: login.Pace | None = None,
    ):
        self.keepalive_sent: float | None = None
        self.seqlun = 0
        self._plan(info, suite, pace or login.Pace())
        self._open(info, deadline, candidate, former)
        # With no level pyghmi asks for ADMINISTRATOR and steps down to OPERATOR when that is refused.
        level = None if info.privilege == "ADMINISTRATOR" else info.privilege
        try:
            super().__init__(
                info.address,
                info.username,
                info.password,
                port=info.port,
                kg=info.kg,
                privlevel=driver_info.PRIVILEGES[level] if level else None,
            )
        except pyghmi_exceptions.IpmiException as refused:
            problem = self._problem(str(refused))
            self.close()
            raise problem from None
        except BaseException:
            self.close()
            raise
        finally:
            # pyghmi notes each session for its global keepalive loop, which nothing here runs.
            simplesession.Session.keepalive_sessions.pop(self, None)

    def request(self, request: Request, deadline: float, former: int = 0) -> tuple[int, bytes]:
        """Send one request and wait for its answer.

        :param deadline: ``time.monotonic()`` value to give up at.
        :param former: as for the session.
        :returns: completion code and data.
        :raises errors.NoAnswer: the session is not usable any more.
        """
        self._receive_waiting()
        self._forget_requests()
        self._deadline = deadline
        self._allow(former, request.resend)
        self._guard = request.guard
        try:
            response: Mapping[str, Any] = self.raw_command(
                request.netfn, request.command, data=request.data, rslun=request.lun
            )
        except pyghmi_exceptions.IpmiException as lost:
            raise errors.NoAnswer(str(lost)) from None
        finally:
            self._guard = None
        return response["code"], bytes(response["data"])

    def keepalive(self) -> None:
        """Send a harmless request and do not wait: ``keepalive_lost`` tells later whether it was answered.

        :raises errors.NoAnswer: it could not be sent.
        """
        self._receive_waiting()
        self._forget_requests()
        self.lastresponse = None
        self.keepalive_sent = time.monotonic()
        self.raw_command(NETFN_APP, GET_DEVICE_ID, retry=False)

    def keepalive_lost(self) -> bool:
        """Whether the last keepalive is still without an answer."""
        self._receive_waiting()
        if self.keepalive_sent is not None and self.lastresponse is not None:
            self.keepalive_sent = None
        return self.keepalive_sent is not None

    def _forget_requests(self) -> None:
        """A late answer to a keepalive must not pass for the answer to the next request."""
        if self.request_entry:
            self.request_entry.clear()
            self.seqlun = (self.seqlun + 1) & 0x3F
        self.keepalive_sent = None

    def close(self) -> None:
        """Log out, without waiting for the BMC's consent, and give the socket back."""
        if self._udp is None:
            return
        if self.sessioncontext == "ESTABLISHED":
            self.lastpayload = None
            with contextlib.suppress(errors.NoAnswer):
                self._send_ipmi_net_payload(
                    NETFN_APP, CLOSE_SESSION, struct.pack("<I", self.sessionid), retry=False
                )
        self.sessioncontext = None
        self.logged = 0
        self.broken = True
        self._udp.close()
        self._udp = None
