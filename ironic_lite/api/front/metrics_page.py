# SPDX-License-Identifier: Apache-2.0
"""``GET /metrics``: what this process counts, for Prometheus. It needs no thread and no database."""

import hmac
import ipaddress
from typing import Any

from ironic_lite.api.images.answers import Receive, Send, send_error
from ironic_lite.common import metrics
from ironic_lite.conf import CONF

PATH = "/metrics"

_PROXIED = {b"x-forwarded-for", b"forwarded", b"x-real-ip"}
_SCHEME = b"bearer "
_REFUSED = (
    "Without [metrics] token only clients on the API's own machine get metrics, and none through a proxy. Set a token, "
    "and have Prometheus send it (authorization: credentials_file)."
)
_NO_TOKEN = "Send the token of [metrics] token as 'Authorization: Bearer TOKEN'."  # noqa: S105 - advice


class MetricsPage:
    """An ASGI application."""

    takes_websockets = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].rstrip("/") != PATH:
            await send_error(
                send, 404, f"There is nothing at {scope['path']}; metrics are at {PATH}."
            )
        elif scope["method"] not in ("GET", "HEAD"):
            await send_error(send, 405, "Metrics can only be read: use GET or HEAD.")
        elif CONF.metrics.token and not _has_token(scope):
            await send_error(send, 401, _NO_TOKEN)
        elif not CONF.metrics.token and not _is_local(scope):
            await send_error(send, 403, _REFUSED)
        else:
            await _send(scope, send)


async def _send(scope: dict[str, Any], send: Send) -> None:
    content = metrics.scrape()
    headers = [
        (b"content-type", metrics.CONTENT_TYPE.encode()),
        (b"content-length", b"%d" % len(content)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else content
    await send({"type": "http.response.body", "body": body})


def _has_token(scope: dict[str, Any]) -> bool:
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    wanted = CONF.metrics.token.encode()
    return (
        len(sent) == 1
        and sent[0][: len(_SCHEME)].lower() == _SCHEME
        and hmac.compare_digest(sent[0][len(_SCHEME) :].strip(), wanted)
    )


def _is_local(scope: dict[str, Any]) -> bool:
    if any(name in _PROXIED for name, _value in scope["headers"]):
        return False
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
