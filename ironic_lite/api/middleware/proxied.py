# SPDX-License-Identifier: Apache-2.0
"""What a proxy tells of the client it speaks for.

That is the header ``Forwarded``, or ``X-Forwarded-For``, ``-Proto``, ``-Host`` and ``-Prefix``. As oslo.middleware's
``http_proxy_to_wsgi`` this is turned on by ``[oslo_middleware] enable_proxy_headers_parsing``. Unlike that it believes
only the proxies of ``[api] trusted_proxies``, and of a chain of addresses the last that is none of them: what stands
before it the client may have made up.
"""

import re
from collections.abc import Iterable
from typing import Any

from ironic_lite.api.front.limits import Networks
from ironic_lite.common import exception
from ironic_lite.conf import CONF

_SCHEMES = ("http", "https")
_HOST = re.compile(r"^[A-Za-z0-9.\-_:\[\]]{1,255}\Z")
_PREFIX = re.compile(r"^(/[A-Za-z0-9._~\-]+)+/?\Z")


class Proxied:
    """Puts what trusted proxies tell in the place of what the connection tells.

    :raises ConfigInvalid: it is not said which proxies these are.
    """

    def __init__(self, app: Any):
        self._app = app
        if not CONF.api.trusted_proxies:
            raise exception.ConfigInvalid(
                error_msg="[oslo_middleware] enable_proxy_headers_parsing needs [api] trusted_proxies: the addresses "
                "of the proxies that are to be believed."
            )
        self._trusted = Networks(CONF.api.trusted_proxies)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR") in self._trusted:
            self._believe(environ)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def _believe(self, environ: dict[str, Any]) -> None:
        hops = self._hops(environ)
        client, told = self._client(hops)
        if client:
            environ["REMOTE_ADDR"] = client
        scheme = told.get("proto", "").lower()
        if scheme in _SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        if _HOST.match(told.get("host", "")):
            environ["HTTP_HOST"] = told["host"]
        prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "")
        if _PREFIX.match(prefix):
            environ["SCRIPT_NAME"] = prefix.rstrip("/") + environ.get("SCRIPT_NAME", "")

    def _hops(self, environ: dict[str, Any]) -> list[dict[str, str]]:
        """What each proxy has added, the farthest first."""
        forwarded = environ.get("HTTP_FORWARDED")
        if forwarded:
            return [_pairs(hop) for hop in forwarded.split(",")]
        hops = [{"for": text.strip()} for text in _listed(environ, "FOR")] or [{}]
        for name in ("proto", "host"):
            # Proxies add to these, or put their own in the place: the last is that of the proxy that asks us.
            values = _listed(environ, name.upper())
            if values:
                hops = [{name: values[-1].strip(), **hop} for hop in hops]
        return hops

    def _client(self, hops: list[dict[str, str]]) -> tuple[str | None, dict[str, str]]:
        """The last address that is no proxy of ours, and what the first proxy of ours has told."""
        for hop in reversed(hops):
            address = _address(hop.get("for", ""))
            if address is None or address not in self._trusted:
                return address, hop
        return _address(hops[0].get("for", "")), hops[0]


def _listed(environ: dict[str, Any], name: str) -> list[str]:
    text = environ.get(f"HTTP_X_FORWARDED_{name}", "")
    return text.split(",") if text else []


def _pairs(hop: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in hop.split(";"))
    return {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _address(text: str) -> str | None:
    """An address of ``for=``, without the port that may stand behind it."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    return bare or None
