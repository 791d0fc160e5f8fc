# SPDX-License-Identifier: Apache-2.0
"""HTTP basic authentication: users and passwords of the operator's own files."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import routes
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.middleware import identity
from ironic_lite.api.middleware.htpasswd import PasswordFile
from ironic_lite.api.middleware.roles import RolesFile
from ironic_lite.conf import CONF

_REALM = 'Basic realm="Baremetal API"'


class HttpBasic:
    """Users and passwords of an htpasswd file, with the roles of another; without that, all are administrators.

    :raises ConfigInvalid: a file cannot be read, or holds something else.
    """

    def __init__(self, app: Any):
        self._app = app
        self._passwords = PasswordFile(CONF.http_basic_auth_user_file)
        roles = CONF.http_basic_roles_file
        self._roles = RolesFile(roles) if roles else None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Also for those who are refused: their log line belongs to them.
        environ[CONTEXT] = identity.context(environ, is_public_api=True)
        if routes.is_public(environ["PATH_INFO"]):
            return self._app(environ, start_response)
        credentials = _credentials(environ.get("HTTP_AUTHORIZATION", ""))
        if credentials is None or not self._passwords.verify(*credentials):
            return identity.refusal(_REALM)(environ, start_response)
        user = credentials[0]
        may = {"is_admin": True} if self._roles is None else self._roles.of(user)
        environ[CONTEXT] = identity.context(environ, user_id=user, **may)
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
