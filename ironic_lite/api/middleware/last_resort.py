# SPDX-License-Identifier: Apache-2.0
"""No error leaves the service with its internals: what nobody below caught becomes a plain 500."""

from collections.abc import Iterable
from typing import Any

from ironic_lite.api import faults


class LastResort:
    """Also answers for middleware that refuses a request by raising."""

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        except Exception as exc:
            return faults.from_exception(exc, None)(environ, start_response)
