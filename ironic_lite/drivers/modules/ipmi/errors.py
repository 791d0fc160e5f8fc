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
    :param port_closed: the host answered that nothing listens on the port.
    """

    def __init__(self, text: str, phase: str | None = None, port_closed: bool = False):
        super().__init__(text)
        self.phase = phase
        self.port_closed = port_closed


class NameUnknown(Exception):
    """The host name of the BMC could not be resolved."""


class LoginRefused(Exception):
    """The BMC answered, and does not let us in."""

    def __init__(self, refusal: Refusal, text: str):
        super().__init__(text)
        self.refusal = refusal


def login_failed(status: int, text: str) -> LoginRefused | NoAnswer:
    """Tell the cause of a login that the BMC or pyghmi ended.

    :param status: the last RMCP+ status code; 0 when the end came from a check on our side.
    :param text: what pyghmi says; never holds a secret.
    """
    if status in _SESSION_LOST:
        return NoAnswer(text)
    for refusal, codes in _CODES.items():
        if status in codes:
            return LoginRefused(refusal, text)
    for word, refusal in _WORDS.items():
        if word in text:
            return LoginRefused(refusal, text)
    return LoginRefused(Refusal.CREDENTIALS if status else Refusal.OTHER, text)
