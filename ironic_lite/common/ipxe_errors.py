# SPDX-License-Identifier: Apache-2.0
"""What the numbers of iPXE's errors mean.

A number has four bytes, which https://ipxe.org/NUMBER explains; the first one is the kind of error.
"""

import re

_NUMBER = re.compile(r"(?:0x)?([0-9a-fA-F]{8})")

_KINDS = {
    0x02: "permission denied (HTTP 401 or 403, or a certificate that iPXE does not trust)",
    0x0E: "connection refused",
    0x0F: "connection reset: nothing listens there, or the server broke off",
    0x1C: "the address or an argument is malformed",
    0x1D: "input/output error (often HTTP 500 or 503)",
    0x28: "network unreachable: no route to that address",
    0x2C: "no such device",
    0x2D: "not found (HTTP 404)",
    0x2E: "the file cannot be executed: not a kernel for this architecture, or damaged",
    0x31: "out of memory",
    0x34: "no space: the file is larger than the server's memory",
    0x3C: "not supported (such as https in an iPXE without TLS)",
    0x3E: "the name of the server does not exist in DNS, or no DNS server was given by DHCP",
    0x41: "not permitted (secure boot refuses an unsigned file)",
    0x43: "protocol error",
    0x4C: "timeout: no answer",
}


def meaning(number: str) -> str:
    """Return the meaning of a number in hexadecimal digits, with the page that explains it."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return "an error without a number"
    digits = found[1].lower()
    kind = _KINDS.get(int(digits[:2], 16) & 0x7F, "an error")
    return f"{kind}, see https://ipxe.org/{digits}"
