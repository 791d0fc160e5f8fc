# SPDX-License-Identifier: Apache-2.0
"""One RMCP+ session on one UDP socket.

pyghmi knows the protocol: framing, RAKP, encryption. Its transport is another matter (release 1.6.19): the usual
``Session`` shares sockets, one I/O thread and several registers between all BMCs of the process; a login that
failed stays in ``initting_sessions`` for ever, so that the BMC is never reached again; any thread may process any
other's packets, which is a race under native threads; and ``select`` fails once a descriptor passes 1023. The
``simplesession`` flavour has a socket of its own, but never sends twice and waits without end.

So this class takes ``simplesession``'s protocol and nothing of its transport: a connected socket, bounded waits,
its own repetitions. No state is shared, hence sessions need no guard but the one of their BMC (``connection``), and
native and green threads are served alike: only plain socket timeouts are used.
"""

import contextlib
import dataclasses
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

from pyghmi import exceptions as pyghmi_exceptions
from pyghmi.ipmi.private import simplesession

from ironic_lite.common.outbound import addresses
from ironic_lite.drivers.modules.ipmi import driver_info, errors

NETFN_APP = 0x06
CLOSE_SESSION = 0x3C
GET_DEVICE_ID = 0x01

FIRST_PATIENCE = 1.0
PATIENCE_GROWTH = 1.5
"""Seconds to wait for an answer before a request is sent again, and how the wait grows."""
SINGLE_PATIENCE = 10.0
"""Seconds to wait for the answer to what may be sent only once."""
MAX_SENDS = 4
"""How often one request, or one packet of a login, goes out before the session counts as lost."""
SENDS_PER_SUITE = 2
"""How often one cipher suite is proposed to a BMC that does not answer, before the other one is."""

_MAX_PACKET = 3000
_SHA1, _SHA256 = 1, 256
_SUITE_OF_HASH = {_SHA1: 3, _SHA256: 17}
_HASH_OF_SUITE = {3: _SHA1, 17: _SHA256}
_SUITE_OF_ALGORITHMS = {(1, 1, 1): 3, (3, 4, 1): 17}
"""Authentication, integrity, confidentiality (IPMI 2.0 tables 13-17 to 13-19) to cipher suite (table 22-20)."""


Guard = Callable[[], None]
"""Called before a packet goes out; what it raises keeps the packet back."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One IPMI request.

    :param netfn: network function, 0x00 for chassis, 0x06 for application (IPMI 2.0 table 5-1).
    :param resend: False for what must not be done twice when only the answer was lost.
    :param guard: called before each sending.
    """

    netfn: int
    command: int
    data: bytes = b""
    lun: int = 0
    resend: bool = True
    guard: Guard | None = None


DEVICE_ID = Request(NETFN_APP, GET_DEVICE_ID)
"""Get Device ID (section 20.1): changes nothing, and every BMC has it."""


class Session(simplesession.Session):
    """A logged-in session; making one logs in.

    Not thread-safe: ``connection.BMC`` lets one thread at a time use it.

    :param info: where and who.
    :param suite: cipher suite to begin with; the other one follows unless ``info.cipher_suite`` names one.
    :param deadline: ``time.monotonic()`` value to give up at.
    :param candidate: which of the addresses behind a host name to use, counted round and round.
    :raises errors.NoAnswer: the login stayed unanswered; a new session may have more luck.
    :raises errors.LoginRefused: the BMC answered, and said no.
    :raises errors.NameUnknown: the host name does not resolve.
    """

    def __init__(
        self, info: driver_info.ConnectionInfo, suite: int, deadline: float, candidate: int = 0
    ):
        self.info = info
        self.last_packet = time.monotonic()
        self.keepalive_sent: float | None = None
        self._first_hash = _HASH_OF_SUITE[suite]
        self._rmcp_status = 0
        self._refusal: errors.LoginRefused | None = None
        self._deadline = deadline
        self._sends_allowed = MAX_SENDS
        self._guard: Guard | None = None
        self._sends, self._patience, self._resend_at = 0, 0.0, 0.0
        self.sessioncontext = None
        self.seqlun = 0
        self.attemptedhash = self._first_hash
        self._udp: socket.socket | None = _connect(info, candidate)
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
            phase = self.sessioncontext
            self.close()
            raise (
                self._refusal or errors.login_failed(self._rmcp_status, str(refused), phase)
            ) from None
        except BaseException:
            self.close()
            raise
        finally:
            # pyghmi notes each session for its global keepalive loop, which nothing here runs.
            simplesession.Session.keepalive_sessions.pop(self, None)

    @property
    def suite(self) -> int:
        """Number of the cipher suite in use."""
        return _SUITE_OF_HASH[self.attemptedhash]

    # What the connection uses.

    def request(self, request: Request, deadline: float) -> tuple[int, bytes]:
        """Send one request and wait for its answer.

        :param deadline: ``time.monotonic()`` value to give up at.
        :returns: completion code and data.
        :raises errors.NoAnswer: the session is not usable any more.
        """
        self._receive_waiting()
        self._forget_requests()
        self._deadline = deadline
        self._sends_allowed = MAX_SENDS if request.resend else 1
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

    # Transport: everything below overrides pyghmi.

    def _assignsocket(self, server: Any = None) -> socket.socket | None:
        return self._udp

    def _xmit_packet(
        self, retry: bool = True, delay_xmit: float | None = None, timeout: float | None = None
    ) -> None:
        if self.sequencenumber:
            self.sequencenumber += 1
        assert self._udp is not None
        if self._guard is not None:
            begun = time.monotonic()
            self._guard()
            # The time it takes is not the BMC's.
            spent = time.monotonic() - begun
            self._deadline += spent
            self._resend_at += spent
        try:
            self._udp.send(self.netpacket)
        except ConnectionRefusedError:
            raise errors.NoAnswer("nothing listens on that port", at_once=True) from None
        except OSError as error:
            raise errors.NoAnswer(f"sending failed: {error}", at_once=True) from None

    def _receive(self, until: float) -> bool:
        """Take in one packet; False when none came before ``until`` (``time.monotonic()``)."""
        assert self._udp is not None
        remaining = until - time.monotonic()
        self._udp.settimeout(max(remaining, 0.0))
        try:
            packet = bytearray(self._udp.recv(_MAX_PACKET))
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionRefusedError:
            raise errors.NoAnswer("nothing listens on that port", at_once=True) from None
        except OSError as error:
            raise errors.NoAnswer(f"receiving failed: {error}", at_once=True) from None
        finally:
            self._udp.settimeout(None)
        if packet[0:1] == b"\x06" and packet[2:4] == b"\xff\x07":
            try:
                self._handle_ipmi_packet(packet)
            except (IndexError, KeyError, ValueError, struct.error):
                return True  # Truncated or garbled: as if it had never come.
            self.last_packet = time.monotonic()
        return True

    def _receive_waiting(self) -> None:
        while self._receive(0.0):
            pass

    def wait_for_rsp(self, timeout: float | None = None, callout: bool = True) -> None:
        """One packet of the login, in or, when none came for a while, out again."""
        asked = self.lastpayload
        if self._receive(min(self._resend_at, self._deadline)):
            if self.lastpayload is not asked:
                self._begin_step()
            return
        self._check_patience()
        if self.sessioncontext != "OPENSESSION":
            self.send_payload()
            return
        if self.info.cipher_suite is None and self._sends > SENDS_PER_SUITE:
            # Old BMCs drop a proposal that they do not know.
            self.attemptedhash = _SHA1 if self._first_hash == _SHA256 else _SHA256
        self._open_rmcpplus_request()

    def awaitresponse(self, retry: bool) -> None:
        """Wait for the answer to the request just sent, sending it again at growing intervals."""
        if not retry:
            return
        self._begin_step()
        while self.lastresponse is None:
            if not self._receive(min(self._resend_at, self._deadline)):
                self._check_patience()
                self.hasretried = 1
                self.send_payload()

    def _begin_step(self) -> None:
        self._sends, self._patience = 1, FIRST_PATIENCE
        # What goes out only once may be answered at any time.
        wait = self._patience if self._sends_allowed > 1 else SINGLE_PATIENCE
        self._resend_at = time.monotonic() + wait

    def _check_patience(self) -> None:
        """Count one more sending.

        :raises errors.NoAnswer: there were enough, or time is up.
        """
        now = time.monotonic()
        if self._sends >= self._sends_allowed or now >= self._deadline:
            raise errors.NoAnswer("no answer", phase=self.sessioncontext)
        self._sends += 1
        self._patience *= PATIENCE_GROWTH
        self._resend_at = now + self._patience

    # Login: what pyghmi takes for granted.

    def _initsession(self) -> None:
        super()._initsession()
        self.attemptedhash = self._first_hash
        # Else pyghmi goes on waiting after "invalid integrity check value", though nothing more will come.
        self.logontries = 0

    def login(self) -> None:
        self._initsession()
        self._begin_step()
        self._get_channel_auth_cap()

    def _open_rmcpplus_request(self) -> None:
        if self.info.cipher_suite not in (None, self.suite):
            self._refuse(errors.Refusal.CIPHER_SUITE, "it refuses the proposed algorithms")
            return
        super()._open_rmcpplus_request()

    def _got_rmcp_response(self, data: bytearray) -> Any:
        if data[0] == self.rmcptag:
            self._rmcp_status = data[1]
            if data[1] == 0 and not self._take_algorithms(data):
                return None
        return super()._got_rmcp_response(data)

    def _take_algorithms(self, data: bytearray) -> bool:
        """Use what the BMC chose (IPMI 2.0 table 13-10): some answer a proposal of suite 17 with suite 3."""
        chosen = _SUITE_OF_ALGORITHMS.get((data[16], data[24], data[32]))
        if chosen is None or chosen == self.suite:
            return True
        if self.info.cipher_suite is not None:
            self._refuse(errors.Refusal.CIPHER_SUITE, f"it insists on suite {chosen}")
            return False
        self.attemptedhash = _HASH_OF_SUITE[chosen]
        self.currhashlib = (
            simplesession.hashlib.sha1 if chosen == 3 else simplesession.hashlib.sha256
        )
        self.currhashlen = 12 if chosen == 3 else 16
        return True

    def _got_rakp2(self, data: bytearray) -> Any:
        if data[0] == self.rmcptag:
            self._rmcp_status = data[1]
        return super()._got_rakp2(data)

    def _got_rakp4(self, data: bytearray) -> Any:
        if data[0] == self.rmcptag:
            self._rmcp_status = data[1]
        return super()._got_rakp4(data)

    def _get_session_challenge(self) -> None:
        self._refuse(errors.Refusal.VERSION, "it offers IPMI 1.5 only")

    def _refuse(self, refusal: errors.Refusal, text: str) -> None:
        self._refusal = errors.LoginRefused(refusal, text)
        self.onlogon({"error": text})

    def _mark_broken(self, error: str | None = None) -> None:
        # Without pyghmi's logout, which would wait for the command in progress, that is, for itself.
        self.lastpayload = None
        self.logged = 0
        self.logging = False
        self.broken = True
        self.errormsg = error


def _connect(info: driver_info.ConnectionInfo, candidate: int) -> socket.socket:
    """A connected socket, so that the kernel drops strangers' packets and reports a closed port."""
    try:
        choices = socket.getaddrinfo(info.address, info.port, 0, socket.SOCK_DGRAM)
    except OSError as error:
        raise errors.NameUnknown(str(error)) from None
    choices = [each for each in choices if not addresses.nobodys(addresses.parse(str(each[4][0])))]
    if not choices:
        raise errors.NameUnknown("no host can have the address that it stands for")
    family, kind, protocol, _name, address = choices[candidate % len(choices)]
    udp = socket.socket(family, kind, protocol)
    try:
        udp.connect(address)
    except OSError as error:
        udp.close()
        raise errors.NoAnswer(f"no route: {error}", at_once=True) from None
    return udp
