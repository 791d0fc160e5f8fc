# SPDX-License-Identifier: Apache-2.0
"""Authentication by tokens of Keystone."""

import logging
from collections.abc import Iterable
from typing import Any

import webob
import webob.exc
from keystoneauth1 import exceptions as keystone_errors
from keystonemiddleware import auth_token

from ironic_lite.api import faults, routes
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.middleware import identity
from ironic_lite.api.middleware.request_id import REFUSED
from ironic_lite.common import exception
from ironic_lite.conf import CONF


def check() -> None:
    """Check that the configuration has credentials for Keystone.

    :raises ConfigInvalid: it has not.
    """
    options = CONF.keystone_authtoken
    if not (options.auth_type or options.auth_section):
        raise exception.ConfigInvalid(
            error_msg="[DEFAULT] auth_strategy = keystone requires [keystone_authtoken]: set auth_type, auth_url and "
            "the credentials with which this service validates tokens."
        )


def _is_no_refusal(record: logging.LogRecord) -> bool:
    # The log line of the request reports a refused token already.
    return record.msg != "Authorization failed for token"


class _Tokens(auth_token.AuthProtocol):
    """keystonemiddleware, with its refusals in the form that Ironic's clients parse."""

    def process_request(self, request: webob.Request) -> webob.Response | None:
        try:
            return super().process_request(request)
        except webob.exc.HTTPUnauthorized as refused:
            request.environ[REFUSED] = f" (no valid token, from {request.remote_addr or '':.64})"
            return identity.refusal(refused.headers.get("WWW-Authenticate", "Keystone"))
        except (webob.exc.HTTPServiceUnavailable, keystone_errors.ClientException) as exc:
            text = "Keystone cannot validate tokens now; try again."
            unavailable = exception.ServiceUnavailable(text)
            unavailable.__cause__ = exc
            return faults.from_exception(unavailable, None)


class Keystone:
    """Authenticates a request by its token, with the token's user, roles and scope.

    :raises ConfigInvalid: [keystone_authtoken] has no credentials.
    """

    def __init__(self, app: Any):
        self._app = app
        check()
        self._tokens = _Tokens(self._confirmed, {"oslo_config_config": CONF})
        logging.getLogger(auth_token.__name__).addFilter(_is_no_refusal)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Refused requests need a context too. The identity headers count only after Keystone has confirmed them.
        environ[CONTEXT] = identity.context(environ, is_public_api=True)
        if routes.is_public(environ["PATH_INFO"]):
            return self._app(environ, start_response)
        answer: Iterable[bytes] = self._tokens(environ, start_response)
        return answer

    def _confirmed(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[CONTEXT] = identity.context_from_headers(environ)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer
