# SPDX-License-Identifier: Apache-2.0
"""Error replies.

``{"error_message": "<JSON>"}`` is JSON inside a JSON string. For errors of the API the inner object is ``{faultcode,
faultstring, debuginfo}``, for errors of routing and versions ``{code, title, description}``. Ironic's clients parse
both.

A client that must retry gets 503 or 429: raise a ``TemporaryFailure`` (or call ``from_exception`` with one), and its
``retry_after`` becomes the header ``Retry-After``, in whole seconds. openstacksdk waits that long; without the header
it waits 0.5 s and then longer and longer. python-ironicclient fails on the header, in any form and with any status but
413, but retries a plain 503 six times with pauses of 2 s. So it gets none: ``middleware.retry_after`` removes the
header, and replies outside of the WSGI application check ``reads_retry_after``. ironic-python-agent retries in either
case.
"""

import logging
from collections.abc import Iterable
from http import client as http
from typing import Any

import oslo_messaging
import webob
from oslo_serialization import jsonutils

from ironic_lite.api import versions
from ironic_lite.api.routing import MethodNotAllowed, RouteNotFound
from ironic_lite.common import exception

LOG = logging.getLogger(__name__)

BUSY_RETRY_AFTER = 5
"""``Retry-After`` in seconds when a conductor did not answer."""

_COME_AGAIN = (429, 503)

_BROKEN_BY_RETRY_AFTER = "python-ironicclient"
"""Part of its User-Agent. It passes the header to its exceptions as an argument that they do not accept."""

Headers = Iterable[tuple[str, str]]


def api_error(status: int, message: str) -> bytes:
    """Return the body of an error of the API."""
    inner = {
        "faultcode": "Server" if status >= 500 else "Client",
        "faultstring": message,
        "debuginfo": None,
    }
    return jsonutils.dump_as_bytes({"error_message": jsonutils.dumps(inner)})


def routing_error(status: int, description: str = "") -> bytes:
    """Return the body of an error of routing or versions."""
    inner = {"code": status, "title": http.responses[status], "description": description}
    return jsonutils.dump_as_bytes({"error_message": jsonutils.dumps(inner)})


def response(status: int, body: bytes, headers: Headers = ()) -> webob.Response:
    """Return an error as a response."""
    return webob.Response(
        status=status,
        headerlist=[
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *headers,
        ],
        app_iter=[body],
    )


def reads_retry_after(user_agent: str | None) -> bool:
    """Tell whether the client with this ``User-Agent`` handles ``Retry-After``."""
    return _BROKEN_BY_RETRY_AFTER not in (user_agent or "")


_FOR_OPERATORS = (
    exception.ConfigInvalid,
    exception.EncryptionKeyMissing,
    exception.KeyServiceUnavailable,
)
"""Errors that name files and hosts of the installation: their text goes only to the log."""

_UNEXPECTED = "An unexpected error occurred; see the service's log under this request's id."
_NO_KEY = "The service cannot reach the key of its secrets now. Try again; see the service's log for the cause."


def _message(error: exception.IronicLiteError) -> str:
    if isinstance(error, _FOR_OPERATORS):
        return _UNEXPECTED if error.code == 500 else _NO_KEY
    # The text of an error from an RPC ends with the conductor's traceback; its argument does not.
    return str(error.args[0]) if error.args else error.message


def from_exception(error: BaseException, minor: int | None) -> webob.Response:
    """Return the response to an exception of a controller. Only errors of ``common.exception`` show their text.

    :param minor: the microversion in use; None when there is none.
    """
    headers: list[tuple[str, Any]] = list(versions.headers(minor))
    match error:
        case versions.VersionRefused():
            body = routing_error(406, str(error))
            return response(406, body, headers if error.out_of_range else ())
        case RouteNotFound():
            return response(404, routing_error(404), headers)
        case MethodNotAllowed():
            headers.append(("Allow", ", ".join(error.allowed)))
            return response(405, routing_error(405), headers)
        case exception.IronicLiteError():
            return _known(error, headers)
        case oslo_messaging.MessagingTimeout() | oslo_messaging.MessageDeliveryFailure():
            LOG.warning("No conductor answered in time: %s", error)
            headers.append(("Retry-After", str(BUSY_RETRY_AFTER)))
            text = "The conductor did not answer in time. Check that it is alive, and try again."
            return response(503, api_error(503, text), headers)
    LOG.error("Unexpected error while serving a request", exc_info=error)
    return response(500, api_error(500, _UNEXPECTED), headers)


def _known(error: exception.IronicLiteError, headers: list[tuple[str, str]]) -> webob.Response:
    if error.code in _COME_AGAIN and isinstance(error, exception.TemporaryFailure):
        headers.append(("Retry-After", str(error.retry_after)))
        if error.code == 503:
            # Other refusals are the client's fault; the log line of the request is enough.
            LOG.warning("A client must retry its request: %s", error)
    elif error.code >= 500:
        LOG.error("A request failed: %s", error, exc_info=error)
    return response(error.code, api_error(error.code, _message(error)), headers)
