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
from pyghmi.ipmi.private import constants, simplesession

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
MORE_SENDS = 2
"""How often one request, or the first packet of a login, goes out before the session counts as lost, and how much more
often it does with each further session for the same command: some 8 s, then 21, then 50."""
SENDS_PER_SUITE = 2
"""How often one cipher suite is proposed to a BMC that does not answer, before the other one is."""
RAKP_PATIENCE = 4
"""How many times as long as for other answers to wait for those of RAKP, which slow BMCs compute for seconds."""

_MAX_PACKET = 3000
_SHA1, _SHA256 = 1, 256
_SUITE_OF_HASH = {_SHA1: 3, _SHA256: 17}
_HASH_OF_SUITE = {3: _SHA1, 17: _SHA256}
BEST_SUITE = 17
_OTHER_HASH = {_SHA1: _SHA256, _SHA256: _SHA1}
_SUITE_OF_ALGORITHMS = {(1, 1, 1): 3, (3, 4, 1): 17}
"""Authentication, integrity, confidentiality (IPMI 2.0 tables 13-17 to 13-19) to cipher suite (table 22-20)."""
# What pyghmi knows of one try of a login. More than one may be under way: see ``Session.wait_for_rsp``.
_OF_A_TRY = (
    *("localsid", "rmcptag", "pendingsessionid", "sessioncontext", "privlevel"),
    *("attemptedhash", "currhashlib", "currhashlen", "lastpayload", "last_payload_type"),
    *("randombytes", "remoterandombytes", "remoteguid", "sik", "k1", "k2", "aeskey"),
)
_STAGES = tuple(errors.LOGIN_STAGES)
_TAGS = 0xFF

# Status codes of RMCP+ and RAKP (IPMI 2.0 table 13-15).
NOT_NOW_STATUSES = frozenset((0x01, 0x02, 0x08, 0x0B))
"""No resources for a session, for one of this role, and a session that the BMC does not know (any more), which happens
when datagrams come late or twice, or when it restarts."""
_INVALID_SESSION_ID = 0x02
_SESSION_LOST = (_INVALID_SESSION_ID, 0x08)
_LEVEL_REFUSED = (0x09, 0x0A, 0x0D)
# Completion codes of Set Session Privilege Level (section 22.18), and "insufficient privilege".
_LEVEL_NOT_GRANTED = (0x80, 0x81, 0xD4)
_ADMINISTRATOR = driver_info.PRIVILEGES["ADMINISTRATOR"]

Guard = Callable[[], None]
"""Called before a packet goes out; what it raises keeps the packet back."""


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
    :param former: how many sessions were given up before for the same command; later ones are more patient.
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
    ):
        self.info = info
        self.last_packet = time.monotonic()
        self.keepalive_sent: float | None = None
        self._first_hash = _HASH_OF_SUITE[suite]
        self._refused_hashes: set[int] = set()
        self._completion = 0
        self._ended: errors.LoginRefused | errors.NoAnswer | None = None
        self._deadline = deadline
        self._sends_allowed = MAX_SENDS + MORE_SENDS * former
        self._guard: Guard | None = None
        self._heard = False
        self._slowness = 1.0
        self._sends, self._patience, self._resend_at = 0, 0.0, 0.0
        self._set_aside: dict[int, dict[str, Any]] = {}
        self._last_tag = self._last_sid = 0
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
            problem = self._problem(str(refused))
            self.close()
            raise problem from None
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
        self._sends_allowed = MAX_SENDS + MORE_SENDS * former if request.resend else 1
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
            self._heard = True
        return True

    def _receive_waiting(self) -> None:
        while self._receive(0.0):
            pass

    def wait_for_rsp(self, timeout: float | None = None, callout: bool = True) -> None:
        """One packet of the login, in or, when none came for a while, out again.

        A BMC makes a new challenge, or a new session, for each packet that it gets, and computes it for seconds if it
        is slow: the answer to the first one would not fit any more. So nothing is sent twice within one try of the
        login. A new try begins beside those that are under way, and whichever is answered first goes on.
        """
        asked = self.lastpayload
        if self._receive(min(self._resend_at, self._deadline)):
            if self.lastpayload is not asked:
                self._begin_step()
            return
        self._check_patience()
        if self.sessioncontext is None:
            self.send_payload()
            return
        self._set_aside[self.rmcptag] = self._this_try()
        if self.sessioncontext != "OPENSESSION":
            self._slowness *= PATIENCE_GROWTH
        elif self.info.cipher_suite is None and (self._sends - 1) % SENDS_PER_SUITE == 0:
            # Old BMCs drop a proposal that they do not know.
            self.attemptedhash = _OTHER_HASH[self.attemptedhash]
        opening = self.sessioncontext == "OPENSESSION"
        self._open_rmcpplus_request()
        if not opening:
            self._begin_step()

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
        patience = FIRST_PATIENCE * self._slowness
        if self.sessioncontext in _STAGES[1:]:
            patience *= RAKP_PATIENCE
        self._sends, self._patience = 1, patience
        # What goes out only once may be answered at any time.
        wait = self._patience if self._sends_allowed > 1 else SINGLE_PATIENCE
        self._resend_at = time.monotonic() + wait

    def _check_patience(self) -> None:
        """Count one more sending.

        :raises errors.NoAnswer: there were enough, or time is up.
        """
        now = time.monotonic()
        # In the middle of a login that the BMC takes part in, a late answer is worth more than a new session.
        patient = self._heard and self.sessioncontext != "ESTABLISHED"
        if now >= self._deadline or (self._sends >= self._sends_allowed and not patient):
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
        self._set_aside.clear()
        self._last_tag = max(self._last_tag, self.rmcptag)
        self._last_sid = max(self._last_sid, self.localsid)

    def login(self) -> None:
        self._initsession()
        self._begin_step()
        self._get_channel_auth_cap()

    def _got_channel_auth_cap(self, response: Mapping[str, Any]) -> None:
        self._completion = response.get("code", 0)
        super()._got_channel_auth_cap(response)

    def _open_rmcpplus_request(self) -> None:
        if self.info.cipher_suite not in (None, self.suite):
            self._end(
                errors.LoginRefused(
                    errors.Refusal.CIPHER_SUITE, "it refuses the proposed algorithms"
                )
            )
            return
        # Tags and identifiers tell the tries apart.
        self.rmcptag, self.localsid = self._last_tag % _TAGS, self._last_sid
        super()._open_rmcpplus_request()
        self._last_tag, self._last_sid = self.rmcptag, self.localsid

    def _send_rakp1(self) -> None:
        self.rmcptag = self._last_tag % _TAGS
        super()._send_rakp1()
        self._last_tag = self.rmcptag

    def _send_rakp3(self) -> None:
        self.rmcptag = self._last_tag % _TAGS
        super()._send_rakp3()
        self._last_tag = self.rmcptag

    def _this_try(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in _OF_A_TRY if name in vars(self)}

    def _take_up(self, tag: int) -> bool:
        """Go on with the try that a message answers; False when it answers none, or one that others have overtaken."""
        if tag == self.rmcptag:
            return True
        earlier = self._set_aside.get(tag)
        if earlier is None or _stage(earlier) < _stage(self._this_try()):
            return False
        if self.sessioncontext in _STAGES:
            self._set_aside[self.rmcptag] = self._this_try()
        self.__dict__.update(self._set_aside.pop(tag))
        return True

    def _got_rmcp_response(self, data: bytearray) -> Any:
        if not self._take_up(data[0]):
            return None
        if data[1] in errors.ALGORITHMS_REFUSED:
            self._refused_hashes.add(self.attemptedhash)
            other = _OTHER_HASH[self.attemptedhash]
            if other not in self._refused_hashes:
                self.attemptedhash = other
                return self._open_rmcpplus_request()
        if data[1]:
            return self._end_try(data[1])
        if not self._take_algorithms(data):
            return None
        return super()._got_rmcp_response(data)

    def _got_rakp2(self, data: bytearray) -> Any:
        if not self._take_up(data[0]):
            return None
        if data[1] in _LEVEL_REFUSED and self.autopriv and self.privlevel == _ADMINISTRATOR:
            self.privlevel -= 1
            return self.login()
        if data[1]:
            return self._end_try(data[1])
        return super()._got_rakp2(data)

    def _got_rakp4(self, data: bytearray) -> Any:
        if not self._take_up(data[0]):
            return None
        if data[1]:
            return self._end_try(data[1])
        return super()._got_rakp4(data)

    def _end_try(self, status: int) -> None:
        """The BMC refuses this try. That ends the login, unless earlier tries may still be answered."""
        text = constants.rmcp_codes.get(status, f"RMCP+ status code 0x{status:02x}")
        if status == errors.INTEGRITY and self.sessioncontext == "EXPECTINGRAKP4":
            # RAKP message 2 has proved that both know the password; something that came twice has confused the BMC.
            status = _INVALID_SESSION_ID
        if status in NOT_NOW_STATUSES and self._set_aside:
            tag = max(self._set_aside, key=lambda each: _stage(self._set_aside[each]))
            self.__dict__.update(self._set_aside.pop(tag))
            return
        if status in _SESSION_LOST:
            self._end(errors.NoAnswer(text, self.sessioncontext, at_once=True))
        else:
            self._end(errors.login_refused(status, text))

    def _problem(self, text: str) -> errors.LoginRefused | errors.NoAnswer:
        """Why the login ended."""
        if self._ended is not None:
            return self._ended
        code = self._completion
        if self.sessioncontext == "ESTABLISHED":
            last: Any = self.lastresponse
            code = last["code"] if last else 0
        if not code:
            return errors.login_refused(0, text)
        told = constants.ipmi_completion_codes.get(code, "no known meaning")
        refusal = errors.Refusal.OTHER
        if code in _LEVEL_NOT_GRANTED:
            refusal, told = errors.Refusal.PRIVILEGE, "privilege level not granted"
        return errors.LoginRefused(
            refusal, f"it answers the login with code 0x{code:02x} ({told})", completion=code
        )

    def _take_algorithms(self, data: bytearray) -> bool:
        """Use what the BMC chose (IPMI 2.0 table 13-10): some answer a proposal of suite 17 with suite 3."""
        chosen = _SUITE_OF_ALGORITHMS.get((data[16], data[24], data[32]))
        if chosen is None or chosen == self.suite:
            return True
        if self.info.cipher_suite is not None:
            self._end(
                errors.LoginRefused(errors.Refusal.CIPHER_SUITE, f"it insists on suite {chosen}")
            )
            return False
        self.attemptedhash = _HASH_OF_SUITE[chosen]
        self.currhashlib = (
            simplesession.hashlib.sha1 if chosen == 3 else simplesession.hashlib.sha256
        )
        self.currhashlen = 12 if chosen == 3 else 16
        return True

    def _get_session_challenge(self) -> None:
        self._end(errors.LoginRefused(errors.Refusal.VERSION, "it offers IPMI 1.5 only"))

    def _end(self, problem: errors.LoginRefused | errors.NoAnswer) -> None:
        self._ended = problem
        self.onlogon({"error": str(problem)})

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


def _stage(a_try: Mapping[str, Any]) -> int:
    """How far a try has come."""
    stage = a_try["sessioncontext"]
    return _STAGES.index(stage) if stage in _STAGES else -1
