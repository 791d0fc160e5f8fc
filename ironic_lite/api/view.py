# SPDX-License-Identifier: Apache-2.0
"""The request data that serialisers need: addresses, owners and access."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from ironic_lite.api import access
from ironic_lite.common import exception
from ironic_lite.conf import CONF

# Every link of a list repeats the name, so names longer than DNS allows are refused.
_HOST = re.compile(r"^[A-Za-z0-9.\-_:\[\]%]{1,300}\Z")


def base_url(environ: dict[str, Any]) -> str:
    """Return the URL at which the client reached this service, without a trailing slash.

    :raises InvalidParameterValue: the Host header is not valid.
    """
    if CONF.api.public_endpoint:
        return CONF.api.public_endpoint.rstrip("/")
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    check_host(host)
    return f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '').rstrip('/')}"


def check_host(host: str) -> None:
    """:raises InvalidParameterValue: the Host header is not valid."""
    if not _HOST.match(host):
        raise exception.InvalidParameterValue("The Host header is not a host name.")


class NodeKey(NamedTuple):
    """The fields of a node that the hash ring needs."""

    driver: str
    conductor_group: str
    uuid: str


class View:
    """The data of one request for serialisers.

    :param base: the URL from ``base_url``.
    :param conductor_of: returns the host that serves a node, or None.
    :param sight: the fields that the client may see.
    """

    __slots__ = ("_bookmark", "_self", "base", "conductor_of", "sight")

    def __init__(
        self, base: str, conductor_of: Callable[[NodeKey], str | None], sight: access.Sight
    ):
        self.base = base
        self._self = f'[{{"href":"{base}/v1/'
        self._bookmark = f'","rel":"self"}},{{"href":"{base}/'
        self.conductor_of = conductor_of
        self.sight = sight

    def links(self, path: str) -> Any:
        """Return the self and bookmark links of ``path``, already encoded.

        Links are a third of a list's size; formatting them as text is several times faster than encoding dictionaries.

        :param path: safe for JSON and URLs, as collections, UUIDs and ``quoted`` keys are.
        """
        return orjson.Fragment(f'{self._self}{path}{self._bookmark}{path}","rel":"bookmark"}}]')


def quoted(key: str) -> str:
    """Return a resource's key, encoded for a link."""
    return quote(key, safe="@~")
