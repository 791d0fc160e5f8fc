# SPDX-License-Identifier: Apache-2.0
"""Microversions: negotiation, and the replies to unknown versions.

Rules observed on Ironic 39: no header means 1.1, ``latest`` the maximum; ``OpenStack-API-Version: baremetal 1.N``
wins over ``X-OpenStack-Ironic-API-Version: 1.N``. Out of range is 406 without the "used" header, unparsable is 406
with none of the three. Unlike Ironic, errors of routing carry the headers too.
"""

import re

MIN = 1
MAX = 115

MIN_STRING = f"1.{MIN}"
MAX_STRING = f"1.{MAX}"

HEADER = "X-OpenStack-Ironic-API-Version"
_RANGE_HEADERS = [
    ("X-OpenStack-Ironic-API-Minimum-Version", MIN_STRING),
    ("X-OpenStack-Ironic-API-Maximum-Version", MAX_STRING),
]

_OURS = "HTTP_X_OPENSTACK_IRONIC_API_VERSION"
_COMMON = "HTTP_OPENSTACK_API_VERSION"
_NUMBER = re.compile(r"^(\d{1,6})\.(\d{1,6})\Z")


class VersionRefused(Exception):
    """The version asked for is not served (406).

    :param out_of_range: the version could be read, so the reply names the range in its headers.
    """

    def __init__(self, message: str, out_of_range: bool = True):
        super().__init__(message)
        self.out_of_range = out_of_range


_HEADERS = {minor: [*_RANGE_HEADERS, (HEADER, f"1.{minor}")] for minor in range(MIN, MAX + 1)}


def headers(minor: int | None) -> list[tuple[str, str]]:
    """Return the version headers of a reply.

    :param minor: the version used; None when the request was refused.
    """
    return _RANGE_HEADERS if minor is None else _HEADERS[minor]


def _asked(environ: dict[str, str]) -> str:
    common = environ.get(_COMMON)
    if common:
        for part in common.split(","):
            service, _, version = part.strip().partition(" ")
            if service == "baremetal":
                return version.strip()
    return environ.get(_OURS, MIN_STRING)


def is_asked(environ: dict[str, str]) -> bool:
    """Tell whether a request has a version header."""
    return _OURS in environ or _COMMON in environ


def negotiate(environ: dict[str, str]) -> int:
    """Return the minor version for a request; raises the errors of ``parse``."""
    return parse(_asked(environ))


def parse(asked: str) -> int:
    """Return the minor version of ``1.N`` or ``latest``.

    :raises VersionRefused: the version is not supported or malformed.
    """
    if asked.lower() == "latest":
        return MAX
    match = _NUMBER.match(asked)
    if match is None:
        raise VersionRefused(f"Invalid value for {HEADER} header", out_of_range=False)
    major, minor = int(match[1]), int(match[2])
    if major != 1:
        raise VersionRefused(
            f"Mutually exclusive versions requested. Version {asked} requested but not supported by this "
            f"service. The supported version range is: [{MIN_STRING}, {MAX_STRING}]."
        )
    if not MIN <= minor <= MAX:
        raise VersionRefused(
            f"Version {asked} was requested but the minor version is not supported by this service. "
            f"The supported version range is: [{MIN_STRING}, {MAX_STRING}]."
        )
    return minor
