# SPDX-License-Identifier: Apache-2.0
"""What a kernel file says of itself: version, architecture, signature."""

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

_LONGEST = 256 << 20
_PE_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64", 0x14C: "i686", 0x6264: "loongarch64"}
_VERSION = re.compile(rb"[!-~]+")


@dataclass(frozen=True)
class Kernel:
    """A kernel.

    :param version: such as "6.12.0-1-amd64"; None if the file does not say it.
    :param architecture: as in `properties/cpu_arch`; None if the file does not say it.
    :param efi: whether UEFI firmware can start it by itself.
    :param signer: common name of the certificate that signed it for secure boot; None without a signature.
    """

    version: str | None
    architecture: str | None
    efi: bool
    signer: str | None


def is_kernel(head: bytes) -> bool:
    """Tell whether a file that begins like this (1 KiB or more) is a kernel."""
    return head[0x202:0x206] == b"HdrS" or head[0x38:0x3C] == b"ARM\x64" or _is_pe(head)


def read(data: bytes) -> Kernel:
    """Return what the kernel says; `data` is the whole file."""
    architecture, signer = None, None
    efi = _is_pe(data)
    if efi:
        architecture, signer = _pe(data)
    version = None
    if data[0x202:0x206] == b"HdrS":
        architecture = architecture or "x86_64"
        offset = int.from_bytes(data[0x20E:0x210], "little") + 0x200
        said = _VERSION.match(data[offset : offset + 200])
        version = said[0].decode() if said else None
    elif data[0x38:0x3C] == b"ARM\x64":
        architecture = "aarch64"
    return Kernel(version, architecture, efi, signer)


def _is_pe(data: bytes) -> bool:
    if not data.startswith(b"MZ"):
        return False
    offset = int.from_bytes(data[0x3C:0x40], "little")
    return data[offset : offset + 4] == b"PE\0\0"


def _pe(data: bytes) -> tuple[str | None, str | None]:
    """Return the architecture and the signer."""
    start = int.from_bytes(data[0x3C:0x40], "little") + 4
    architecture = _PE_MACHINES.get(int.from_bytes(data[start : start + 2], "little"))
    optional = start + 20
    plus = data[optional : optional + 2] == b"\x0b\x02"
    entry = optional + (112 if plus else 96) + 4 * 8
    address = int.from_bytes(data[entry : entry + 4], "little")
    size = int.from_bytes(data[entry + 4 : entry + 8], "little")
    # A certificate table begins with its length, a revision and a type, 8 bytes in all.
    signature = data[address + 8 : address + size] if address and size > 8 else b""
    return architecture, _signer(signature)


def _signer(signature: bytes) -> str | None:
    if not signature:
        return None
    try:
        certificates = pkcs7.load_der_pkcs7_certificates(_without_padding(signature))
        names = certificates[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value)
    except (ValueError, IndexError):
        return "an unknown certificate"


def _without_padding(der: bytes) -> bytes:
    """Cut what follows the outermost DER value."""
    if len(der) > 4 and der[1] & 0x80:
        count = der[1] & 0x7F
        return der[: 2 + count + int.from_bytes(der[2 : 2 + count], "big")]
    return der
