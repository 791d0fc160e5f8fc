# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a socket and a BMC. They stay inside this package: ``connection`` translates them."""

import enum


class Refusal(enum.Enum):
    """Why a BMC refuses a login."""

    CREDENTIALS = "credentials"
    PRIVILEGE = "privilege"
    CIPHER_SUITE = "cipher suite"
    VERSION = "version"
    NO_RESOURCES = "no free session"
    OTHER = "other"


# RMCP+ and RAKP status codes, IPMI 2.0 table 13-15. The rest are about user name, GUID and integrity check.
_SESSION_LOST = (0x02, 0x08)
_INTEGRITY = 0x0F
_CODES = {
    Refusal.NO_RESOURCES: (0x01, 0x0B),
    Refusal.CIPHER_SUITE: (0x04, 0x05, 0x10, 0x11),
    Refusal.PRIVILEGE: (0x09, 0x0A),
}
# What pyghmi says where no status code came with it.
_WORDS = {
    "privelege level": Refusal.PRIVILEGE,
    "Incorrect password": Refusal.CREDENTIALS,
    "wrong Kg": Refusal.CREDENTIALS,
    "MD5 required": Refusal.VERSION,
}


class NoAnswer(Exception):
    """Silence, or a network that says there is nobody.

    :param phase: how far the login had come, in pyghmi's words; None before the BMC has said anything.
    :param at_once: no time was spent on waiting.
    """

    def __init__(self, text: str, phase: str | None = None, at_once: bool = False):
        super().__init__(text)
        self.phase = phase
        self.at_once = at_once


class NameUnknown(Exception):
    """The host name of the BMC could not be resolved."""


class LoginRefused(Exception):
    """The BMC answered, and does not let us in."""

    def __init__(self, refusal: Refusal, text: str):
        super().__init__(text)
        self.refusal = refusal


def login_failed(status: int, text: str, phase: str | None) -> LoginRefused | NoAnswer:
    """Tell the cause of a login that the BMC or pyghmi ended.

    :param status: the last RMCP+ status code; 0 when the end came from a check on our side.
    :param text: what pyghmi says; never holds a secret.
    :param phase: how far the login had come.
    """
    if status in _SESSION_LOST:
        return NoAnswer(text, phase, at_once=True)
    if status == _INTEGRITY and phase == "EXPECTINGRAKP4":
        # RAKP message 2 has proved that both know the password; a datagram that came twice has confused the BMC.
        return NoAnswer(text, phase, at_once=True)
    for refusal, codes in _CODES.items():
        if status in codes:
            return LoginRefused(refusal, text)
    for word, refusal in _WORDS.items():
        if word in text:
            return LoginRefused(refusal, text)
    return LoginRefused(Refusal.CREDENTIALS if status else Refusal.OTHER, text)
