# SPDX-License-Identifier: Apache-2.0
"""What the serialisers need to know about the request that they answer: addresses and owners."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from ironic_lite.api import access
from ironic_lite.common import exception
from ironic_lite.conf import CONF

# A longer name than DNS has would stand in every link of a list.
_HOST = re.compile(r"^[A-Za-z0-9.\-_:\[\]%]{1,300}\Z")


def base_url(environ: dict[str, Any]) -> str:
    """The URL under which the client reached this service, without a slash at its end.

    :raises InvalidParameterValue: the Host header is none.
    """
    if CONF.api.public_endpoint:
        return CONF.api.public_endpoint.rstrip("/")
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    check_host(host)
    return f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '').rstrip('/')}"


def check_host(host: str) -> None:
    """:raises InvalidParameterValue: this Host header is none."""
    if not _HOST.match(host):
        raise exception.InvalidParameterValue("The Host header is not a host name.")


class NodeKey(NamedTuple):
    """What the hash ring wants to know of a node."""

    driver: str
    conductor_group: str
    uuid: str


class View:
    """One request's view of the world.

    :param base: from ``base_url``.
    :param conductor_of: the host that serves a node, or None.
    :param sight: what the client may see.
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
        """The self and bookmark links of ``path``, already encoded.

        The links make up a third of a listing; formatting them is several times cheaper than building and
        encoding the same as dictionaries.

        :param path: safe for JSON and URLs, as collections, UUIDs and ``quoted`` keys are.
        """
        return orjson.Fragment(f'{self._self}{path}{self._bookmark}{path}","rel":"bookmark"}}]')


def quoted(key: str) -> str:
    """A resource's key as it stands in a link."""
    return quote(key, safe="@~")
