# SPDX-License-Identifier: Apache-2.0
"""Sends ``Retry-After`` only to clients that handle it."""

from collections.abc import Iterable
from typing import Any

from ironic_lite.api import faults


class RetryAfter:
    """Removes the header from replies to clients that fail on it."""

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if faults.reads_retry_after(environ.get("HTTP_USER_AGENT")):
            return self._app(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            kept = [header for header in headers if header[0].lower() != "retry-after"]
            return start_response(status, kept, *more)

        return self._app(environ, start)
