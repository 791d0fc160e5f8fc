# SPDX-License-Identifier: Apache-2.0
"""Turns unexpected errors into a plain 500, so that no internals reach the client."""

from collections.abc import Iterable
from typing import Any

from ironic_lite.api import faults


class LastResort:
    """Also turns errors that other middleware raises into replies."""

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        except Exception as exc:
            return faults.from_exception(exc, None)(environ, start_response)
