# SPDX-License-Identifier: Apache-2.0
"""Authentication: turns the credentials of a request into its context."""

from collections.abc import Iterable
from typing import Any

from ironic_lite.api import faults
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.middleware import identity
from ironic_lite.common import exception
from ironic_lite.conf import CONF


class ForServersOnly(exception.IronicLiteError):
    code = 403
    template = (
        "This API has no authentication, and answers at %(address)s only what servers need while they boot and are "
        "deployed. Use its address on the machine itself, or set [DEFAULT] auth_strategy to http_basic or keystone."
    )


class NoAuth:
    """Treats every request as an administrator's, except those that come from the servers' network."""

    def __init__(self, app: Any):
        self._app = app
        self._for_servers = frozenset(CONF.api.addresses_for_servers)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[CONTEXT] = identity.context(environ, is_admin=True, auth_disabled=True)
        if self._for_servers and self._is_too_much(environ):
            refusal = ForServersOnly(address=environ["SERVER_NAME"])
            return faults.from_exception(refusal, None)(environ, start_response)
        return self._app(environ, start_response)

    def _is_too_much(self, environ: dict[str, Any]) -> bool:
        own = environ["SERVER_NAME"]
        if own not in self._for_servers or environ.get("REMOTE_ADDR") == own:
            return False
        from ironic_lite.api import routes

        return not routes.is_public(environ["PATH_INFO"])


# The strategies are imported when they are used, because they cost start-up time and memory.


def _http_basic(app: Any) -> Any:
    from ironic_lite.api.middleware.http_basic import HttpBasic

    return HttpBasic(app)


def _keystone(app: Any) -> Any:
    from ironic_lite.api.middleware.keystone import Keystone

    return Keystone(app)


STRATEGIES: dict[str, Any] = {"noauth": NoAuth, "http_basic": _http_basic, "keystone": _keystone}


def check() -> None:
    """Check the configuration of the strategy before the application is created.

    :raises ConfigInvalid: its configuration is incomplete or wrong.
    """
    if CONF.auth_strategy == "keystone":
        from ironic_lite.api.middleware import keystone

        keystone.check()
    else:
        auth(None)


def auth(app: Any) -> Any:
    """Return the middleware of ``[DEFAULT] auth_strategy``. It checks a request only once, when its head comes."""
    asked = STRATEGIES[CONF.auth_strategy](app)

    def admit(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = (app if CONTEXT in environ else asked)(environ, start_response)
        return answer

    return admit
