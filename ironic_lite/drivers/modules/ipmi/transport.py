# SPDX-License-Identifier: Apache-2.0
"""The datagrams of one session: a connected socket, bounded waits, and repetitions at growing intervals."""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from pyghmi.ipmi.private import simplesession

from ironic_lite.common.outbound import addresses
from ironic_lite.drivers.modules.ipmi import driver_info, errors

FIRST_PATIENCE = 1.0
PATIENCE_GROWTH = 1.5
"""Seconds to wait for an answer before sending a request again, and the growth factor of the wait."""
SINGLE_PATIENCE = 10.0
"""Seconds to wait for the answer to a request that may be sent only once."""
MAX_SENDS = 4
MORE_SENDS = 2
"""How often to send one request, or the first packet of a login, before the session counts as lost; and how many more
sends each further session of the same command gets: about 8 s, then 21, then 50."""

_MAX_PACKET = 3000

Guard = Callable[[], None]
"""Called before each packet is sent; its exception stops the packet."""


class Transport(simplesession.Session):
    """Overrides how pyghmi sends and waits. A subclass calls ``_open`` before pyghmi's ``__init__``."""

    def _open(
        self, info: driver_info.ConnectionInfo, deadline: float, candidate: int, former: int
    ) -> None:
        """Create the socket; the arguments are those of ``wire.Session``."""
        self.last_packet = time.monotonic()
        self._deadline = deadline
        self._guard: Guard | None = None
        self._heard = False
        self._sends, self._patience, self._resend_at = 0, 0.0, 0.0
        self._allow(former)
        self._udp: socket.socket | None = _connect(info, candidate)

    def _allow(self, former: int, resend: bool = True) -> None:
        """Set how often the next request may be sent."""
        self._sends_allowed = MAX_SENDS + MORE_SENDS * former if resend else 1

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
            # The time that the guard takes does not count against the BMC.
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
        """Process one packet; False when none came before ``until`` (``time.monotonic()``)."""
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
                return True  # Ignore a truncated or garbled packet.
            self.last_packet = time.monotonic()
            self._heard = True
        return True

    def _receive_waiting(self) -> None:
        while self._receive(0.0):
            pass

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

    def _begin_step(self, times: float = 1.0, least: float = 0.0) -> None:
        """Start to wait for the answer to the packet just sent.

        :param times: factor for the usual wait.
        :param least: minimum wait in seconds.
        """
        self._sends, self._patience = 1, max(FIRST_PATIENCE * times, least)
        # A request that is sent only once gets more time for its answer.
        wait = self._patience if self._sends_allowed > 1 else SINGLE_PATIENCE
        self._resend_at = time.monotonic() + wait

    def _check_patience(self) -> None:
        """Count one more send.

        :raises errors.NoAnswer: there were enough sends, or the time is up.
        """
        now = time.monotonic()
        # Once the BMC takes part in a login, waiting for a late answer is better than a new session.
        patient = self._heard and self.sessioncontext != "ESTABLISHED"
        if now >= self._deadline or (self._sends >= self._sends_allowed and not patient):
            raise errors.NoAnswer("no answer", phase=self.sessioncontext)
        self._sends += 1
        self._patience *= PATIENCE_GROWTH
        self._resend_at = now + self._patience

    def _mark_broken(self, error: str | None = None) -> None:
        # Skip pyghmi's logout: it would wait for the command in progress, which is this one.
        self.lastpayload = None
        self.logged = 0
        self.logging = False
        self.broken = True
        self.errormsg = error


def _connect(info: driver_info.ConnectionInfo, candidate: int) -> socket.socket:
    """Return a connected socket: the kernel then drops packets of others and reports a closed port."""
    try:
        choices = socket.getaddrinfo(info.address, info.port, 0, socket.SOCK_DGRAM)
    except OSError as error:
        raise errors.NameUnknown(str(error)) from None
    choices = [each for each in choices if not addresses.nobodys(addresses.parse(str(each[4][0])))]
    if not choices:
        raise errors.NameUnknown("its address cannot belong to a host")
    family, kind, protocol, _name, address = choices[candidate % len(choices)]
    udp = socket.socket(family, kind, protocol)
    try:
        udp.connect(address)
    except OSError as error:
        udp.close()
        raise errors.NoAnswer(f"no route: {error}", at_once=True) from None
    return udp
