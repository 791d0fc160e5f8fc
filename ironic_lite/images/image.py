# SPDX-License-Identifier: Apache-2.0
"""An image, and the client that asks for it, as the rest of the service knows them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Client:
    """On whose behalf an image is looked up.

    :param context: context of the request; it decides how much messages may say.
    :param project: only images that this project may see are found. None: all that the service itself sees.
    :param cpu_arch: architecture of the server, for images that have a file for each; None: any.
    :param pull_secret: ``user:password`` or a token for a registry.
    """

    context: Any
    project: str | None = None
    cpu_arch: str | None = None
    pull_secret: str | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class Image:
    """What a source says about an image. None: the source does not say it.

    :param pin: a reference to exactly this image, which can be read without asking again who may use it.
    :param is_direct: whether servers download the image from the reference itself.
    :param size: bytes.
    :param os_hash_algo: and ``os_hash_value``: the checksum to verify, in hexadecimal digits.
    :param checksum: an MD5 checksum for display only.
    :param kernel: and ``ramdisk``: references to what the image boots with, if it has no boot loader.
    :param properties: the source's own properties.
    :param more: further fields, by the names that Ironic has for them in ``instance_info``.
    """

    pin: str
    is_direct: bool = False
    size: int | None = None
    disk_format: str | None = None
    container_format: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    checksum: str | None = None
    kernel: str | None = None
    ramdisk: str | None = None
    properties: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def digest(self) -> str | None:
        """The checksum as ``algorithm:value``."""
        both = (self.os_hash_algo, self.os_hash_value)
        return f"{both[0]}:{both[1]}" if all(both) else None


@dataclasses.dataclass(frozen=True)
class Origin:
    """How to read the bytes of an image.

    :param url: http or https; empty for a file.
    :param path: an absolute path; None: the image is not a file.
    :param headers: headers of the request; they may hold credentials, which are for the host of ``url`` only.
    :param is_trusted: the operator has configured the address, so it is not checked.
    :param authorities: certificates of the authorities to trust, as PEM; None: the usual ones.
    :param verify: False: the operator has switched the verification of certificates off.
    :param size: bytes, if they are known.
    :param digest: ``algorithm:value``, if the source has stated a checksum.
    :param stored: UUID of an image in the store; an API process reads its own copy, or gets it from one of ``holders``.
    :param holders: URLs of API processes that have the image.
    """

    url: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    is_trusted: bool = False
    authorities: str | None = None
    verify: bool = True
    size: int | None = None
    path: str | None = None
    digest: str | None = None
    stored: str | None = None
    holders: Sequence[str] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for a message."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Origin":
        """Return it from a message; unknown keys of a newer sender are dropped."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
