# SPDX-License-Identifier: Apache-2.0
"""Who asks: turns the credentials of a request into its context."""

import base64
import binascii
import functools
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import faults, routes
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.middleware.htpasswd import PasswordFile
from ironic_lite.api.middleware.request_id import GLOBAL_ID, REQUEST_ID
from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF

_REALM = 'Basic realm="Baremetal API"'


def _context(environ: dict[str, Any], **who: Any) -> RequestContext:
    return RequestContext(
        request_id=environ[REQUEST_ID], global_request_id=environ.get(GLOBAL_ID), **who
    )


class NoAuth:
    """Every request is an administrator's."""

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[CONTEXT] = _context(environ, is_admin=True, auth_disabled=True)
        return self._app(environ, start_response)


class HttpBasic:
    """Users and passwords of an htpasswd file; all of them are administrators.

    :raises ConfigInvalid: the file cannot be read, or holds something else than bcrypt entries.
    """

    def __init__(self, app: Any):
        self._app = app
        self._passwords = PasswordFile(CONF.http_basic_auth_user_file)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Also for those who are refused: their log line belongs to them.
        environ[CONTEXT] = _context(environ, is_public_api=True)
        if routes.is_public(environ["PATH_INFO"]):
            return self._app(environ, start_response)
        credentials = _credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if credentials is None or not self._passwords.verify(*credentials):
            refusal = faults.response(
                401,
                faults.routing_error(401, "Authorization required"),
                [("WWW-Authenticate", _REALM)],
            )
            return refusal(environ, start_response)
        environ[CONTEXT] = _context(environ, is_admin=True, user_id=credentials[0])
        return self._app(environ, start_response)


def _credentials(header: str) -> tuple[str, bytes] | None:
    """User and password of an Authorization header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


STRATEGIES: dict[str, Any] = {"noauth": NoAuth, "http_basic": HttpBasic}


@functools.wraps(NoAuth, updated=())
def auth(app: Any) -> Any:
    """The middleware that ``[DEFAULT] auth_strategy`` names."""
    return STRATEGIES[CONF.auth_strategy](app)
