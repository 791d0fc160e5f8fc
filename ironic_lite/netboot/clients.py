# SPDX-License-Identifier: Apache-2.0
"""What kind of client asks for something to boot, by what it says of itself (RFC 4578, RFC 5970)."""

import dataclasses
import enum


class Means(enum.Enum):
    """How a client gets what it boots."""

    NOTHING = "no boot file"
    """It does not boot over the network: an operating system, a BMC."""
    SCRIPT = "iPXE"
    """It is iPXE, and takes a script."""
    TFTP = "PXE"
    HTTP = "HTTP boot"


@dataclasses.dataclass(frozen=True, slots=True)
class Client:
    """A client; ``architecture`` is its number in IANA's list of processor architectures, None if it gives none."""

    means: Means
    architecture: int | None = None

    def __str__(self) -> str:
        if self.means is Means.NOTHING:
            return "an operating system"
        return f"{self.means.value}, architecture {self.architecture}"


PXE_CLASS, HTTP_CLASS = b"PXEClient", b"HTTPClient"


def classify(vendor_class: bytes, user_class: bytes, architectures: bytes, is_ipxe: bool) -> Client:
    """Return what kind of client sent these values of its DHCP options.

    :param architectures: numbers of two bytes, the first of which counts.
    :param is_ipxe: whether there are options that only iPXE sends.
    """
    architecture: int | None = None
    if len(architectures) >= 2:
        architecture = int.from_bytes(architectures[:2], "big")
    else:
        # PXEClient:Arch:00007:UNDI:003016
        _, _, rest = vendor_class.partition(b":Arch:")
        if rest[:5].isdigit():
            architecture = int(rest[:5])
    if is_ipxe or b"iPXE" in user_class:
        return Client(Means.SCRIPT, architecture)
    if vendor_class.startswith(HTTP_CLASS):
        return Client(Means.HTTP, architecture)
    if vendor_class.startswith(PXE_CLASS):
        return Client(Means.TFTP, architecture)
    return Client(Means.NOTHING)
