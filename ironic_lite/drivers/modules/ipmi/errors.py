# SPDX-License-Identifier: Apache-2.0
"""Errors between a socket and a BMC. They stay inside this package: ``connection`` translates them."""

import enum


class Refusal(enum.Enum):
    """Why a BMC refuses a login, as far as its answer shows."""

    USER = "user"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    KEY = "key"
    PRIVILEGE = "privilege"
    CIPHER_SUITE = "cipher suite"
    VERSION = "version"
    NO_RESOURCES = "no free session"
    OTHER = "other"


LOGIN_STAGES = {
    "OPENSESSION": "the first message (Open Session)",
    "EXPECTINGRAKP2": "the second message (RAKP 1)",
    "EXPECTINGRAKP4": "the third message (RAKP 3)",
}
"""Stages of a login: pyghmi's names, and the names in messages."""

ALGORITHMS_REFUSED = frozenset((0x04, 0x05, 0x10, 0x11, 0x12))
"""Status codes that refuse a cipher suite; old BMCs answer suite 17 with the last, "illegal parameter"."""

INTEGRITY = 0x0F
"""Status code "invalid integrity check value"."""

# RMCP+ and RAKP status codes, IPMI 2.0 table 13-15.
_CODES = {
    Refusal.NO_RESOURCES: (0x01, 0x0B),
    Refusal.CIPHER_SUITE: (0x04, 0x05, 0x10, 0x11),
    Refusal.PRIVILEGE: (0x09, 0x0A),
    Refusal.USER: (0x0C, 0x0D),
    Refusal.PASSWORD: (INTEGRITY,),
}
# pyghmi's messages for refusals without a status code.
_WORDS = {
    "privelege level": Refusal.PRIVILEGE,
    "Incorrect password": Refusal.PASSWORD,
    "wrong Kg": Refusal.KEY,
    "MD5 required": Refusal.VERSION,
}


class NoAnswer(Exception):
    """The BMC did not answer, or the network reports that it is unreachable.

    :param phase: the login's stage, as pyghmi names it; None before the first answer of the BMC.
    :param at_once: the error came without waiting, and nothing has reached the BMC.
    """

    def __init__(self, text: str, phase: str | None = None, at_once: bool = False):
        super().__init__(text)
        self.phase = phase
        self.at_once = at_once


class Unsettled(NoAnswer):
    """No answer to a request that must not be sent again: the BMC may have executed it or not."""


class NameUnknown(Exception):
    """The host name of the BMC could not be resolved."""


class LoginRefused(Exception):
    """The BMC answered and refused the login.

    :param status: its RMCP+ or RAKP status code; 0 when there was none.
    :param completion: its completion code; 0 when there was none.
    """

    def __init__(self, refusal: Refusal, text: str, status: int = 0, completion: int = 0):
        super().__init__(text)
        self.refusal = refusal
        self.status = status
        self.completion = completion


def login_refused(status: int, text: str) -> LoginRefused:
    """Return the error for a login that the BMC or pyghmi ended.

    :param status: the BMC's status code; 0 when pyghmi itself refused the BMC's answer.
    :param text: pyghmi's message; it never holds a secret.
    """
    for refusal, codes in _CODES.items():
        if status in codes:
            return LoginRefused(refusal, text, status)
    for word, refusal in _WORDS.items():
        if word in text:
            return LoginRefused(refusal, text, status)
    return LoginRefused(Refusal.OTHER, text, status)
