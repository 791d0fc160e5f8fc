# SPDX-License-Identifier: Apache-2.0
"""Cipher suites 3 and 17: RAKP codes, session keys, integrity and AES-CBC-128.

Sections 13.20 to 13.32; the algorithm numbers are those of tables 13-17 to 13-19, the suites those
of table 22-20.
"""

import dataclasses
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_AES_BLOCK = 16
CONFIDENTIALITY_AES_CBC_128 = 0x01


@dataclasses.dataclass(frozen=True, slots=True)
class CipherSuite:
    """The algorithms that one suite number stands for. Lengths are in bytes."""

    number: int
    authentication: int
    integrity: int
    confidentiality: int
    digest: str
    digest_length: int
    code_length: int

    def mac(self, key: bytes, *parts: bytes) -> bytes:
        """Return the suite's HMAC over the parts."""
        return hmac.digest(key, b"".join(parts), self.digest)


SUITES = (
    CipherSuite(3, 0x01, 0x01, CONFIDENTIALITY_AES_CBC_128, "sha1", 20, 12),
    CipherSuite(17, 0x03, 0x04, CONFIDENTIALITY_AES_CBC_128, "sha256", 32, 16),
)


class DecryptError(ValueError):
    """A payload does not decrypt to a correctly padded message."""


@dataclasses.dataclass(frozen=True, slots=True)
class Handshake:
    """What both ends of RAKP know (section 13.20 and on); fields are the bytes on the wire."""

    suite: CipherSuite
    console_id: int
    bmc_id: int
    console_random: bytes
    bmc_random: bytes
    guid: bytes
    role: int
    username: bytes

    def _role_and_name(self) -> bytes:
        return bytes((self.role, len(self.username))) + self.username

    def rakp2_code(self, password: bytes) -> bytes:
        """Return the key exchange code by which the BMC proves the password (13.21)."""
        ids = struct.pack("<II", self.console_id, self.bmc_id)
        return self.suite.mac(
            password,
            ids,
            self.console_random,
            self.bmc_random,
            self.guid,
            self._role_and_name(),
        )

    def rakp3_code(self, password: bytes) -> bytes:
        """Return the code that the console must send to prove the password (13.22)."""
        console_id = struct.pack("<I", self.console_id)
        return self.suite.mac(password, self.bmc_random, console_id, self._role_and_name())

    def session_integrity_key(self, password: bytes) -> bytes:
        """Return SIK (13.31). K_G is unset, so the user's key takes its place."""
        return self.suite.mac(password, self.console_random, self.bmc_random, self._role_and_name())

    def rakp4_check(self, sik: bytes) -> bytes:
        """Return the integrity check value of RAKP 4 (13.23)."""
        bmc_id = struct.pack("<I", self.bmc_id)
        code = self.suite.mac(sik, self.console_random, bmc_id, self.guid)
        return code[: self.suite.code_length]


class SessionKeys:
    """K1 and K2 of a session (13.32) and what they do."""

    def __init__(self, suite: CipherSuite, sik: bytes) -> None:
        self._suite = suite
        # Both constants are 20 bytes long whatever the digest; ipmitool and pyghmi agree on it.
        self._k1 = suite.mac(sik, b"\x01" * 20)
        self._aes_key = suite.mac(sik, b"\x02" * 20)[:16]

    def auth_code(self, covered: bytes) -> bytes:
        """Return the packet's AuthCode (13.28.4)."""
        return self._suite.mac(self._k1, covered)[: self._suite.code_length]

    def encrypt(self, payload: bytes) -> bytes:
        """Return the AES payload: initialization vector, then data padded with 1, 2, 3 ... (13.29)."""
        pad = -(len(payload) + 1) % _AES_BLOCK
        padded = payload + bytes(range(1, pad + 1)) + bytes((pad,))
        iv = os.urandom(_AES_BLOCK)
        encryptor = Cipher(algorithms.AES(self._aes_key), modes.CBC(iv)).encryptor()
        return iv + encryptor.update(padded) + encryptor.finalize()

    def decrypt(self, payload: bytes) -> bytes:
        """Return the message of an AES payload.

        :raises DecryptError: its length or padding is wrong.
        """
        if len(payload) < 2 * _AES_BLOCK or len(payload) % _AES_BLOCK:
            raise DecryptError("not whole AES blocks")
        iv, body = payload[:_AES_BLOCK], payload[_AES_BLOCK:]
        decryptor = Cipher(algorithms.AES(self._aes_key), modes.CBC(iv)).decryptor()
        padded = decryptor.update(body) + decryptor.finalize()
        pad = padded[-1]
        if pad >= _AES_BLOCK or padded[len(padded) - 1 - pad : -1] != bytes(range(1, pad + 1)):
            raise DecryptError("wrong padding")
        return padded[: len(padded) - 1 - pad]
