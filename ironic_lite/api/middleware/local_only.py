# SPDX-License-Identifier: Apache-2.0
"""Keeps foreign web pages away from an API without authentication on a loopback address.

A page can make a browser send requests to any address (the ``Origin`` header shows the page's origin), and can let a
name of its own resolve to a loopback address (the ``Host`` header shows the name).
"""

import functools
import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ironic_lite.api import faults
from ironic_lite.api.view import check_host
from ironic_lite.common import exception
from ironic_lite.conf import CONF


class ForeignHost(exception.IronicLiteError):
    code = 403
    template = (
        "This API has no authentication and listens on a loopback address, so it accepts loopback names only. "
        "Use 127.0.0.1 or localhost, or add the name to [api] allowed_hosts."
    )


class ForeignOrigin(exception.IronicLiteError):
    code = 403
    template = (
        "This API has no authentication, so it accepts no requests from web pages of other origins. If the page is "
        "yours, add its origin to [cors] allowed_origin."
    )


def is_needed() -> bool:
    """Tell whether only the loopback address protects the API, because there is no authentication."""
    return CONF.auth_strategy == "noauth" and _is_loopback(CONF.api.host_ip)


class LocalOnly:
    """Refuses requests that a foreign web page may have caused.

    :param origins: allowed origins.
    """

    def __init__(self, app: Any, origins: Iterable[str]):
        self._app = app
        # Clients use the same name in all requests.
        self._is_ours = functools.lru_cache(256)(self._leads_here)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        named = [*CONF.api.allowed_hosts, urlsplit(CONF.api.public_endpoint or "").hostname or ""]
        self._names = frozenset(name.lower().rstrip(".") for name in named if name)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            self._check(environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN"))
        except exception.IronicLiteError as exc:
            return faults.from_exception(exc, None)(environ, start_response)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def _check(self, host: str | None, origin: str | None) -> None:
        # Browsers always send a Host header.
        if host is not None:
            check_host(host)
            if not self._is_ours(host):
                raise ForeignHost
        if origin is not None and origin.lower() not in self._origins:
            _scheme, separator, place = origin.lower().partition("://")
            if not separator or place != (host or "").lower():
                raise ForeignOrigin

    def _leads_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        name = name.rstrip(".")
        return name in self._names or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
