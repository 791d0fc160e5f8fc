# SPDX-License-Identifier: Apache-2.0
"""Client addresses that proxies report.

The headers are ``Forwarded``, or ``X-Forwarded-For``, ``-Proto``, ``-Host`` and ``-Prefix``. As with oslo.middleware's
``http_proxy_to_wsgi``, ``[oslo_middleware] enable_proxy_headers_parsing`` enables them. But only the proxies in
``[api] trusted_proxies`` are trusted, and of a chain of addresses the last one that is not such a proxy counts: the
client may have forged those before it.
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
    """Replaces the address of the connection by the one that trusted proxies report.

    :raises ConfigInvalid: [api] trusted_proxies is empty.
    """

    def __init__(self, app: Any):
        self._app = app
        if not CONF.api.trusted_proxies:
            raise exception.ConfigInvalid(
                error_msg="[oslo_middleware] enable_proxy_headers_parsing requires [api] trusted_proxies: set it to "
                "the addresses of the trusted proxies."
            )
        self._trusted = Networks(CONF.api.trusted_proxies)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR") in self._trusted:
            self._believe(environ)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def _believe(self, environ: dict[str, Any]) -> None:
        hops = self._hops(environ)
        client, forwarded = self._client(hops)
        if client:
            environ["REMOTE_ADDR"] = client
        scheme = forwarded.get("proto", "").lower()
        if scheme in _SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        if _HOST.match(forwarded.get("host", "")):
            environ["HTTP_HOST"] = forwarded["host"]
        prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "")
        if _PREFIX.match(prefix):
            environ["SCRIPT_NAME"] = prefix.rstrip("/") + environ.get("SCRIPT_NAME", "")

    def _hops(self, environ: dict[str, Any]) -> list[dict[str, str]]:
        """Return what each proxy has added, the most distant one first."""
        forwarded = environ.get("HTTP_FORWARDED")
        if forwarded:
            return [_pairs(hop) for hop in forwarded.split(",")]
        hops = [{"for": text.strip()} for text in _listed(environ, "FOR")] or [{}]
        for name in ("proto", "host"):
            # Proxies append to these headers or replace them, so the last value is from the nearest proxy.
            values = _listed(environ, name.upper())
            if values:
                hops = [{name: values[-1].strip(), **hop} for hop in hops]
        return hops

    def _client(self, hops: list[dict[str, str]]) -> tuple[str | None, dict[str, str]]:
        """Return the last address that is not a trusted proxy, and the values of the proxy that reported it."""
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
    """Return an address of ``for=`` without its port."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    return bare or None
