# SPDX-License-Identifier: Apache-2.0
"""One RMCP+ session on one UDP socket.

pyghmi knows the protocol: framing, RAKP, encryption. Its transport (release 1.6.19) does not fit: the usual ``Session``
shares sockets, one I/O thread and several registers between all BMCs of the process; a failed login stays in
``initting_sessions`` for ever, so that the BMC is never reached again; any thread may process packets of another one,
which is a race under native threads; and ``select`` fails for descriptors above 1023. The flavour ``simplesession``
has a socket of its own, but never resends and waits without a limit.

So this class uses ``simplesession``'s protocol, replaces its transport (``transport``) and most of its login
(``login``). Sessions share no state, so they need no lock but that of their BMC (``connection``). Only plain socket
timeouts are used, so native and green threads both work.
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
    :param resend: False for a request that must not be executed twice when only the answer was lost.
    :param state_matters: the completion code "not supported in present state" is final instead of temporary.
    :param patience: seconds to try an optional request; None: until the command's deadline.
    :param guard: called before each send; its exception stops the request.
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
"""Get Device ID (section 20.1): it changes nothing, and every BMC supports it."""


class Session(login.Login):
    """A logged-in session; making one logs in.

    Not thread-safe: ``connection.BMC`` allows one thread at a time.

    :param info: address and credentials.
    :param suite: first cipher suite to try; the other one follows unless ``info.cipher_suite`` is set.
    :param deadline: ``time.monotonic()`` value to give up at.
    :param candidate: which address of a host name to use; it is taken modulo the number of addresses.
    :param former: number of lost sessions for the same command; later sessions wait longer.
    :param pace: the measured speed of the BMC; the login adds its own measurements.
    :raises errors.NoAnswer: no answer to the login; a new session may succeed.
    :raises errors.LoginRefused: the BMC refused the login.
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
        # Without a level pyghmi requests ADMINISTRATOR, and OPERATOR when the BMC refuses.
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
            # pyghmi registers each session for its global keepalive loop, which this package does not use.
            simplesession.Session.keepalive_sessions.pop(self, None)

    def request(self, request: Request, deadline: float, former: int = 0) -> tuple[int, bytes]:
        """Send one request and wait for its answer.

        :param deadline: ``time.monotonic()`` value to give up at.
        :param former: as for :class:`Session`.
        :returns: completion code and data.
        :raises errors.NoAnswer: no answer; the session is unusable.
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
        """Send a harmless request without waiting; ``keepalive_lost`` tells later whether it was answered.

        :raises errors.NoAnswer: it could not be sent.
        """
        self._receive_waiting()
        self._forget_requests()
        self.lastresponse = None
        self.keepalive_sent = time.monotonic()
        self.raw_command(NETFN_APP, GET_DEVICE_ID, retry=False)

    def keepalive_lost(self) -> bool:
        """Tell whether the last keepalive is still unanswered."""
        self._receive_waiting()
        if self.keepalive_sent is not None and self.lastresponse is not None:
            self.keepalive_sent = None
        return self.keepalive_sent is not None

    def _forget_requests(self) -> None:
        """Forget open requests, so that a late answer does not count as the answer to the next request."""
        if self.request_entry:
            self.request_entry.clear()
            self.seqlun = (self.seqlun + 1) & 0x3F
        self.keepalive_sent = None

    def close(self) -> None:
        """Log out without waiting for an answer, and close the socket."""
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
