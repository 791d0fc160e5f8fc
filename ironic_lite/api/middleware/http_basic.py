# SPDX-License-Identifier: Apache-2.0
"""HTTP basic authentication: users and passwords from the operator's files."""

import base64
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import routes
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.middleware import guessing, identity
from ironic_lite.api.middleware.htpasswd import PasswordFile
from ironic_lite.api.middleware.request_id import REFUSED
from ironic_lite.api.middleware.roles import RolesFile
from ironic_lite.conf import CONF

_REALM = 'Basic realm="Baremetal API"'


class HttpBasic:
    """Users and passwords of an htpasswd file, and roles of a roles file; without it all users are administrators.

    :raises ConfigInvalid: a file cannot be read or is invalid.
    """

    def __init__(self, app: Any):
        self._app = app
        self._passwords = PasswordFile(CONF.http_basic_auth_user_file)
        roles = CONF.http_basic_roles_file
        self._roles = RolesFile(roles) if roles else None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Refused requests need a context too, for their log line.
        environ[CONTEXT] = identity.context(environ, is_public_api=True)
        if routes.is_public(environ["PATH_INFO"]):
            return self._app(environ, start_response)
        address = environ.get("REMOTE_ADDR") or ""
        credentials = _credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if credentials is None:
            environ[REFUSED] = f" (no user, from {address:.64})"
            return identity.refusal(_REALM)(environ, start_response)
        user, password = credentials
        # Only the log line of a refused request shows this.
        environ[REFUSED] = f" (user {user[:64]!r}, from {address:.64})"
        try:
            right = self._passwords.verify(user, password, address)
        except guessing.TooManyRequests:
            environ[guessing.HOLD] = guessing.HOLD_SECONDS
            raise
        if not right:
            return identity.refusal(_REALM)(environ, start_response)
        del environ[REFUSED]
        may = {"is_admin": True} if self._roles is None else self._roles.of(user)
        environ[CONTEXT] = identity.context(environ, user_id=user, **may)
        return self._app(environ, start_response)


def _credentials(header: str) -> tuple[str, bytes] | None:
    """Return user and password of an Authorization header; None when it has another form."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except ValueError:
        # Not base64, not ASCII, or a user name that is not UTF-8.
        return None
