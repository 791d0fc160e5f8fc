# SPDX-License-Identifier: Apache-2.0
"""Logging in to a BMC: overlapping attempts, both cipher suites, and the meaning of a refusal."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from pyghmi.ipmi.private import constants, simplesession

from ironic_lite.drivers.modules.ipmi import driver_info, errors
from ironic_lite.drivers.modules.ipmi.transport import PATIENCE_GROWTH, Transport

SENDS_PER_SUITE = 2
"""How often to propose one cipher suite to a silent BMC before proposing the other."""

RAKP_PATIENCE = 4
MEASURED_RAKP_PATIENCE = 2
"""Factors for the wait for RAKP answers, which slow BMCs compute for seconds: for the first one of a login, and for the
later ones, when the speed of the BMC is known."""
PACE_MARGIN = 2
"""Factor by which the next RAKP answer may take longer than the measured ones."""
SLOWEST_PACE = 15.0
"""Upper limit in seconds for the measured time of one RAKP answer."""

_SHA1, _SHA256 = 1, 256
_SUITE_OF_HASH = {_SHA1: 3, _SHA256: 17}
_HASH_OF_SUITE = {3: _SHA1, 17: _SHA256}
BEST_SUITE = 17
_OTHER_HASH = {_SHA1: _SHA256, _SHA256: _SHA1}
_SUITE_OF_ALGORITHMS = {(1, 1, 1): 3, (3, 4, 1): 17}
"""Authentication, integrity, confidentiality (IPMI 2.0 tables 13-17 to 13-19) to cipher suite (table 22-20)."""
# pyghmi's attributes of one login attempt. Several attempts may be under way: see ``Login.wait_for_rsp``.
_OF_A_TRY = (
    *("localsid", "rmcptag", "pendingsessionid", "sessioncontext", "privlevel"),
    *("attemptedhash", "currhashlib", "currhashlen", "lastpayload", "last_payload_type"),
    *("randombytes", "remoterandombytes", "remoteguid", "sik", "k1", "k2", "aeskey", "_asked_at"),
)
_STAGES = tuple(errors.LOGIN_STAGES)
_TAGS = 0xFF

# Status codes of RMCP+ and RAKP (IPMI 2.0 table 13-15).
NOT_NOW_STATUSES = frozenset((0x01, 0x02, 0x08, 0x0B))
"""No resources for a session, no resources for this role, and an unknown session. The last one happens when datagrams
come late or twice, or when the BMC restarts."""
_INVALID_SESSION_ID = 0x02
_SESSION_LOST = (_INVALID_SESSION_ID, 0x08)
_LEVEL_REFUSED = (0x09, 0x0A, 0x0D)
# Completion codes of Set Session Privilege Level (section 22.18), and "insufficient privilege".
_LEVEL_NOT_GRANTED = (0x80, 0x81, 0xD4)
_ADMINISTRATOR = driver_info.PRIVILEGES["ADMINISTRATOR"]


class Pace:
    """The measured time that a BMC computes for one RAKP answer. It outlives the BMC's sessions."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def measured(self, seconds: float) -> None:
        """Store the time of the slowest answer of the last login, in seconds."""
        self._seconds = min(seconds, SLOWEST_PACE)

    def patience(self, asked: Iterable[float]) -> float:
        """Return the seconds to wait for all open answers; the BMC computes one after the other.

        :param asked: when each request was sent (``time.monotonic()``). A request that is long overdue counts as lost.
        """
        owed = 0
        for each in sorted(asked):
            if time.monotonic() - each <= PACE_MARGIN * self._seconds * (owed + 1):
                owed += 1
        return PACE_MARGIN * self._seconds * owed


class Login(Transport):
    """Overrides pyghmi's login where its assumptions do not hold."""

    def _plan(self, info: driver_info.ConnectionInfo, suite: int, pace: Pace) -> None:
        """Set up the login; call it before pyghmi's ``__init__``, which logs in.

        :param suite: first cipher suite to try; the other one follows unless ``info.cipher_suite`` is set.
        :param pace: the measured speed of the BMC; the login adds its own measurements.
        """
        self.info = info
        self._pace = pace
        self._first_hash = _HASH_OF_SUITE[suite]
        self._refused_hashes: set[int] = set()
        self._completion = 0
        self._ended: errors.LoginRefused | errors.NoAnswer | None = None
        self._set_aside: dict[int, dict[str, Any]] = {}
        self._last_tag = self._last_sid = 0
        self._asked_at = self._answered_at = self._slowest = 0.0
        self._slowness = 1.0
        self.sessioncontext = None
        self.attemptedhash = self._first_hash

    @property
    def suite(self) -> int:
        """Number of the cipher suite in use."""
        return _SUITE_OF_HASH[self.attemptedhash]

    def wait_for_rsp(self, timeout: float | None = None, callout: bool = True) -> None:
        """Receive one packet of the login; when none came for a while, send one again.

        A BMC makes a new challenge or session for each packet that it gets, and a slow BMC computes it for seconds, so
        the answer to the first packet would not match any more. Hence no packet is sent twice within one attempt.
        Instead a new attempt starts beside those under way, and the login continues with the one that is answered
        first, until one of them is the session. Later answers to the others are ignored.

        A slow BMC computes for a new attempt before it handles the next message of an earlier one, and may have
        forgotten the earlier one by then. So once it has answered a RAKP message, a new attempt waits for as long as
        the BMC needs for all open requests (``Pace``).
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
            # Old BMCs ignore a proposal with an unknown suite.
            self.attemptedhash = _OTHER_HASH[self.attemptedhash]
        opening = self.sessioncontext == "OPENSESSION"
        self._open_rmcpplus_request()
        if not opening:
            self._begin_step()

    def _initsession(self) -> None:
        super()._initsession()
        self.attemptedhash = self._first_hash
        # Otherwise pyghmi keeps waiting after "invalid integrity check value", although no packet follows.
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
        # Tags and session ids tell the attempts apart.
        self.rmcptag, self.localsid = self._last_tag % _TAGS, self._last_sid
        super()._open_rmcpplus_request()
        self._last_tag, self._last_sid = self.rmcptag, self.localsid

    def _send_rakp1(self) -> None:
        self.rmcptag = self._last_tag % _TAGS
        super()._send_rakp1()
        self._last_tag = self.rmcptag
        self._asked_at = time.monotonic()

    def _send_rakp3(self) -> None:
        self.rmcptag = self._last_tag % _TAGS
        super()._send_rakp3()
        self._last_tag = self.rmcptag
        self._asked_at = time.monotonic()

    def _req_priv_level(self) -> None:
        """Called once a try has become the session."""
        self._set_aside.clear()
        super()._req_priv_level()

    def _begin_step(self, times: float = 1.0, least: float = 0.0) -> None:
        if self.sessioncontext in _STAGES:
            asked = [self._this_try(), *self._set_aside.values()]
            least = self._pace.patience([t["_asked_at"] for t in asked if _computing(t)])
            times = 1.0 if self._answered_at else self._slowness
        if self.sessioncontext in _STAGES[1:]:
            times *= MEASURED_RAKP_PATIENCE if self._answered_at else RAKP_PATIENCE
        super()._begin_step(times, least)

    def _this_try(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in _OF_A_TRY if name in vars(self)}

    def _take_up(self, tag: int) -> bool:
        """Continue with the attempt that a message answers.

        :returns: False for an unknown or an overtaken attempt, or after the end of the login.
        """
        if self.sessioncontext not in _STAGES:
            return False
        if tag == self.rmcptag:
            self._note_pace(self._this_try())
            return True
        earlier = self._set_aside.pop(tag, None)
        if earlier is None:
            return False
        self._note_pace(earlier)
        if _stage(earlier) < _stage(self._this_try()):
            return False
        self._set_aside[self.rmcptag] = self._this_try()
        self.__dict__.update(earlier)
        return True

    def _note_pace(self, answered: Mapping[str, Any]) -> None:
        """Measure the time that the BMC computed for a RAKP answer: since the request, or since its last answer."""
        if _computing(answered):
            now = time.monotonic()
            seconds = now - max(answered["_asked_at"], self._answered_at)
            self._answered_at = now
            # Of two answers that arrive together, only the first shows how long the BMC took.
            self._slowest = max(self._slowest, seconds)
            self._pace.measured(self._slowest)

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
        """Handle a refusal of this attempt: end the login unless earlier attempts may still be answered."""
        text = constants.rmcp_codes.get(status, f"RMCP+ status code 0x{status:02x}")
        if status == errors.INTEGRITY and self.sessioncontext == "EXPECTINGRAKP4":
            # RAKP message 2 has proved that the password is right; a duplicate packet has confused the BMC.
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
        """Return the error that describes why the login ended."""
        if self._ended is not None:
            return self._ended
        code = self._completion
        if self.sessioncontext == "ESTABLISHED":
            last: Any = self.lastresponse
            code = last["code"] if last else 0
        if not code:
            return errors.login_refused(0, text)
        meaning = constants.ipmi_completion_codes.get(code, "no known meaning")
        refusal = errors.Refusal.OTHER
        if code in _LEVEL_NOT_GRANTED:
            refusal, meaning = errors.Refusal.PRIVILEGE, "privilege level not granted"
        return errors.LoginRefused(
            refusal, f"it answers the login with code 0x{code:02x} ({meaning})", completion=code
        )

    def _take_algorithms(self, data: bytearray) -> bool:
        """Use the suite that the BMC chose (IPMI 2.0 table 13-10): some answer a proposal of 17 with 3."""
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


def _stage(a_try: Mapping[str, Any]) -> int:
    """Return the stage of an attempt; higher is later."""
    stage = a_try["sessioncontext"]
    return _STAGES.index(stage) if stage in _STAGES else -1


def _computing(a_try: Mapping[str, Any]) -> bool:
    """Tell whether this attempt waits for a RAKP answer of the BMC."""
    return _stage(a_try) > 0
